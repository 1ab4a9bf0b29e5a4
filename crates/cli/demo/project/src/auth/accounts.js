// Customers who can sign in. Passwords are kept as scrypt hashes only.

import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

export class Accounts {
  #byEmail = new Map();
  #cost;

  // `cost` is scrypt's N; tests use a small one.
  constructor({ cost = 16_384 } = {}) {
    this.#cost = cost;
  }

  add(email, password, name) {
    const salt = randomBytes(16);
    const hash = this.#hash(password, salt);
    this.#byEmail.set(email.toLowerCase(), { email: email.toLowerCase(), name, salt, hash });
  }

  // The account, or null. An unknown address takes as long as a wrong password.
  verify(email, password) {
    const account = this.#byEmail.get(email.toLowerCase());
    const hash = this.#hash(password, account?.salt ?? Buffer.alloc(16));
    return account && timingSafeEqual(hash, account.hash) ? account : null;
  }

  #hash(password, salt) {
    return scryptSync(password, salt, 32, { N: this.#cost });
  }
}
