import type { AllocationInput, AllocationRule } from "#graphql/collector/books.ts";
import type { OpenReceivable } from "#graphql/collector/customers.ts";
import { current } from "#i18n/collector/index.ts";
import { fromMinorUnits, minorUnits, type Money } from "#ui/money.ts";
import { parseTyped } from "#ui/typed.ts";

export type AllocationMode = AllocationRule | "BY_HAND";

/** Where money is to go: by a rule, or as somebody types it beside each document, in the money's currency. */
export class AllocationDraft {
  mode = $state<AllocationMode>("OLDEST_FIRST");
  typed = $state<Record<string, string>>({});
  /** The documents of the lines that were sent last, in their order: the server names lines by their place. */
  #sent = $state.raw<readonly string[]>([]);

  constructor(mode: AllocationMode = "OLDEST_FIRST") {
    this.mode = mode;
  }

  /** What is typed beside a document in minor units of `like`; 0 where nothing is, null where it is unclear. */
  amountOf(id: string, like: Money): bigint | null {
    const text = this.typed[id]?.trim();
    return text ? parseTyped(text, like, current.locale) : 0n;
  }

  isUnclear(receivables: readonly OpenReceivable[], like: Money): boolean {
    return this.mode === "BY_HAND" && receivables.some((one) => this.amountOf(one.id, like) === null);
  }

  /** What is typed beside all documents; what is unclear counts for nothing. */
  sum(receivables: readonly OpenReceivable[], like: Money): bigint {
    return receivables.reduce((sum, one) => sum + (this.amountOf(one.id, like) ?? 0n), 0n);
  }

  /** The mutation's `allocations` and `rule`. */
  input(
    receivables: readonly OpenReceivable[],
    like: Money,
  ): { allocations: AllocationInput[] | null; rule: AllocationRule | null } {
    if (this.mode !== "BY_HAND") return { allocations: null, rule: this.mode };
    const chosen = receivables.filter((one) => (this.amountOf(one.id, like) ?? 0n) > 0n);
    this.#sent = chosen.map((one) => one.id);
    const allocations = chosen.map((one) => ({
      receivableId: one.id,
      amount: fromMinorUnits(this.amountOf(one.id, like) ?? 0n, like).amount,
    }));
    return { allocations, rule: null };
  }

  /** At which place of the lines that were sent a document was; "" when it was not among them. */
  placeOf(id: string): string {
    const place = this.#sent.indexOf(id);
    return place < 0 ? "" : String(place);
  }

  /** Types the largest amount that a document takes and `left` allows. */
  fill(receivable: OpenReceivable, left: bigint, deducted: bigint, like: Money, text: (money: Money) => string): void {
    const open = minorUnits(receivable.balance) - deducted;
    const most = left + (this.amountOf(receivable.id, like) ?? 0n);
    const amount = open < most ? open : most;
    if (amount > 0n) this.typed[receivable.id] = text(fromMinorUnits(amount, like));
  }
}
