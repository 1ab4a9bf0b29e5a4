import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createApp } from '../src/app.js';
import { Accounts } from '../src/auth/accounts.js';
import { Orders } from '../src/shop/orders.js';
import { Products } from '../src/shop/products.js';

test('an order adds up', () => {
  const order = new Orders().place({
    customer: 'Ada',
    lines: [
      { sku: 'mug-blue', price: 1_450, quantity: 2 },
      { sku: 'tea-earl', price: 790, quantity: 1 },
    ],
    placedAt: '2026-11-20T09:12:00.000Z',
  });
  assert.equal(order.id, 1);
  assert.equal(order.total, 3_690);
});

test('an empty order is refused', () => {
  assert.throws(() => new Orders().place({ customer: 'Ada', lines: [] }), RangeError);
});

test('orders are listed, and unknown paths are not found', () => {
  const orders = new Orders();
  orders.place({ customer: 'Ada', lines: [{ price: 790, quantity: 1 }] });
  const accounts = new Accounts({ cost: 16 });
  const handle = createApp({ accounts, products: new Products(), orders });
  const listed = handle({ method: 'GET', path: '/orders' });
  assert.equal(listed.body[0].total, 790);
  assert.equal(handle({ method: 'GET', path: '/nowhere' }).status, 404);
});
