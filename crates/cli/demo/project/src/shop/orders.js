// Orders, oldest first. Totals are in cents.

export class Orders {
  #orders = [];

  place({ customer, lines, placedAt }) {
    if (lines.length === 0) throw new RangeError('an order needs at least one line');
    const total = lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
    const order = { id: this.#orders.length + 1, customer, lines, total, placedAt };
    this.#orders.push(order);
    return order;
  }

  all() {
    return this.#orders.slice();
  }
}
