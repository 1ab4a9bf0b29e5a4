// The shop without a socket: a request in, an answer out.

import { createLogin } from './auth/login.js';

export function createApp({ accounts, products, orders, now = Date.now }) {
  const routes = new Map([
    ['POST /login', createLogin({ accounts, now })],
    ['GET /products', () => ({ status: 200, body: products.all() })],
    ['GET /orders', () => ({ status: 200, body: orders.all() })],
  ]);

  return function handle(request) {
    const route = routes.get(`${request.method} ${request.path}`);
    return route ? route(request) : { status: 404, body: { error: 'not found' } };
  };
}
