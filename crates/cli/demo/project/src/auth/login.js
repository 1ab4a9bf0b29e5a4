// POST /login { email, password }: a token, or 401.

import { randomUUID } from 'node:crypto';

export function createLogin({ accounts, now = Date.now }) {
  return function login({ body }) {
    const { email, password } = body ?? {};
    if (typeof email !== 'string' || typeof password !== 'string') {
      return { status: 400, body: { error: 'email and password are required' } };
    }

    const account = accounts.verify(email, password);
    if (!account) {
      return { status: 401, body: { error: 'wrong email or password' } };
    }

    const signedInAt = new Date(now()).toISOString();
    return { status: 200, body: { token: randomUUID(), name: account.name, signedInAt } };
  };
}
