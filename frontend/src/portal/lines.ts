import type { PaymentLine, Receivable } from "#graphql/portal/documents.ts";
import { fromMinorUnits, minorUnits } from "#ui/money.ts";

/**
 * Spreads an amount over the chosen documents, the oldest due first, as the payment will be applied.
 * `units` are minor units of their one currency and at most the sum of what is payable of them.
 */
export function spread(chosen: readonly Receivable[], units: bigint): PaymentLine[] {
  const lines: PaymentLine[] = [];
  let left = units;
  for (const { id, payable } of chosen.toSorted((a, b) => a.dueOn.localeCompare(b.dueOn))) {
    const owed = minorUnits(payable);
    const part = left < owed ? left : owed;
    if (part > 0n) lines.push({ receivableId: id, amount: fromMinorUnits(part, payable).amount });
    left -= part;
  }
  return lines;
}

export const sumOf = (chosen: readonly Receivable[], what: "payable" | "balance" = "payable"): bigint =>
  chosen.reduce((sum, one) => sum + minorUnits(one[what]), 0n);

/**
 * What is chosen before anybody touches anything: what is overdue, else what falls due next; nothing that
 * is promised or disputed as a whole.
 */
export function preselected(receivables: readonly Receivable[], currency: string): string[] {
  const free = receivables.filter(
    (one) => one.balance.currencyCode === currency && !one.isDisputed && !one.isPromised,
  );
  const overdue = free.filter((one) => one.isOverdue);
  const next = free.map((one) => one.dueOn).toSorted()[0];
  return (overdue.length > 0 ? overdue : free.filter((one) => one.dueOn === next)).map((one) => one.id);
}
