import type { DeductionInput, DeductionReason, DisputeReason } from "#graphql/collector/books.ts";
import { current } from "#i18n/collector/index.ts";
import { fromMinorUnits, type Money } from "#ui/money.ts";
import { parseTyped } from "#ui/typed.ts";

export const REASONS: readonly DeductionReason[] = ["WITHHOLDING", "BANK_FEE", "EARLY_PAYMENT_DISCOUNT", "DISPUTE"];

export const CONTESTED: readonly DisputeReason[] = [
  "PRICE",
  "QUANTITY",
  "QUALITY",
  "NOT_RECEIVED",
  "DUPLICATE",
  "MISSING_PURCHASE_ORDER",
  "WRONG_TAX_DATA",
  "ALREADY_PAID",
  "NOT_OURS",
];

/** One reason why less money came than is owed, as it is being typed. */
export class Deduction {
  readonly key = crypto.randomUUID();
  receivableId = $state("");
  reason = $state<DeductionReason>("WITHHOLDING");
  /** What is contested, where that is the reason. */
  contested = $state<DisputeReason>("PRICE");
  typed = $state("");
  note = $state("");

  constructor(receivableId: string) {
    this.receivableId = receivableId;
  }
}

export class DeductionsDraft {
  rows = $state<Deduction[]>([]);

  amountOf(row: Deduction, like: Money): bigint | null {
    return parseTyped(row.typed, like, current.locale);
  }

  isUnclear(like: Money): boolean {
    return this.rows.some((row) => !row.receivableId || (this.amountOf(row, like) ?? 0n) <= 0n);
  }

  /** What the reasons settle of a document; a dispute settles nothing. */
  settledOf(id: string, like: Money): bigint {
    return this.rows
      .filter((row) => row.receivableId === id && row.reason !== "DISPUTE")
      .reduce((sum, row) => sum + (this.amountOf(row, like) ?? 0n), 0n);
  }

  input(like: Money): DeductionInput[] | null {
    if (this.rows.length === 0) return null;
    return this.rows.map((row) => ({
      receivableId: row.receivableId,
      reason: row.reason,
      amount: fromMinorUnits(this.amountOf(row, like) ?? 0n, like).amount,
      note: row.note.trim() || null,
      disputeReason: row.reason === "DISPUTE" ? row.contested : null,
    }));
  }
}
