import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createApp } from '../src/app.js';
import { Accounts } from '../src/auth/accounts.js';
import { Orders } from '../src/shop/orders.js';
import { Products } from '../src/shop/products.js';

function shop() {
  const accounts = new Accounts({ cost: 16 });
  accounts.add('ada@example.com', 'correct horse', 'Ada');
  const handle = createApp({
    accounts,
    products: new Products(),
    orders: new Orders(),
    now: () => Date.UTC(2026, 10, 20, 9, 12),
  });
  return (email, password) =>
    handle({ method: 'POST', path: '/login', body: { email, password } });
}

test('a customer signs in', () => {
  const answer = shop()('ada@example.com', 'correct horse');
  assert.equal(answer.status, 200);
  assert.equal(answer.body.name, 'Ada');
  assert.equal(answer.body.signedInAt, '2026-11-20T09:12:00.000Z');
});

test('the case of the address does not matter', () => {
  assert.equal(shop()('Ada@Example.com', 'correct horse').status, 200);
});

test('a wrong password and an unknown address look the same', () => {
  const login = shop();
  const wrong = login('ada@example.com', 'incorrect horse');
  const unknown = login('eve@example.com', 'incorrect horse');
  assert.equal(wrong.status, 401);
  assert.deepEqual(wrong, unknown);
});

test('what is missing is named', () => {
  assert.equal(shop()('ada@example.com', undefined).status, 400);
});

test('a customer signs in on ten devices in a row', () => {
  const login = shop();
  for (let device = 1; device <= 10; device += 1) {
    const answer = login('ada@example.com', 'correct horse');
    assert.equal(answer.status, 200, `device ${device} was refused`);
  }
});
