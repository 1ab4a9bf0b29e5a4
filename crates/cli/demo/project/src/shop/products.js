// What is for sale. Prices are in cents.

const CATALOGUE = [
  { sku: 'mug-blue', name: 'Blue mug', price: 1_450, stock: 12 },
  { sku: 'tea-earl', name: 'Earl Grey, 100 g', price: 790, stock: 40 },
  { sku: 'pot-iron', name: 'Cast iron teapot', price: 6_900, stock: 0 },
];

export class Products {
  #bySku;

  constructor(catalogue = CATALOGUE) {
    this.#bySku = new Map(catalogue.map((product) => [product.sku, product]));
  }

  all() {
    return [...this.#bySku.values()];
  }

  get(sku) {
    return this.#bySku.get(sku) ?? null;
  }
}
