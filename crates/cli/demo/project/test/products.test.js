import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Products } from '../src/shop/products.js';

test('every product has a price in whole cents', () => {
  for (const { sku, price } of new Products().all()) {
    assert.ok(Number.isInteger(price) && price > 0, sku);
  }
});

test('a product is found by its number, or not at all', () => {
  const products = new Products();
  assert.equal(products.get('mug-blue').name, 'Blue mug');
  assert.equal(products.get('mug-green'), null);
});
