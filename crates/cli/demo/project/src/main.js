// Puts the shop on a socket.

import { createServer } from 'node:http';

import { createApp } from './app.js';
import { Accounts } from './auth/accounts.js';
import { Orders } from './shop/orders.js';
import { Products } from './shop/products.js';

const MAX_BODY_BYTES = 64 * 1024;

const accounts = new Accounts();
accounts.add('ada@example.com', 'correct horse', 'Ada');

const handle = createApp({
  accounts,
  products: new Products(),
  orders: new Orders(),
});

async function readJson(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) throw new Error('body too large');
  }
  return text === '' ? undefined : JSON.parse(text);
}

function send(response, { status, headers = {}, body }) {
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://shop');
  try {
    const body = await readJson(request);
    send(response, handle({ method: request.method, path: pathname, body }));
  } catch (error) {
    send(response, { status: 400, body: { error: error.message } });
  }
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`storefront on http://${address}:${port}`);
});
