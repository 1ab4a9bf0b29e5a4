/** Money comes in millionths of a US dollar. */
import type { Money } from "../backend/wire";

const CENT = 10_000;

export function dollars(money: Money): string {
  if (money > 0 && money < CENT) return "<$0.01";
  return `$${(money / 1_000_000).toFixed(2)}`;
}

/** Of a budget only what is said about it: `$20`, `$7.50`. */
export function wholeDollars(money: Money): string {
  return dollars(money).replace(/\.00$/, "");
}
