/** Money comes in millionths of a US dollar. */
import type { Money } from "../backend/wire";

const CENT = 10_000;

export function dollars(money: Money): string {
  if (money > 0 && money < CENT) return "<$0.01";
  return `$${(money / 1_000_000).toFixed(2)}`;
}
