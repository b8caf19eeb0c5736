import type { DayCount, PlanFrequency, PlanInput, Projection } from "#graphql/collector/plans.ts";
import { current } from "#i18n/collector/index.ts";
import { formatAmount, fromMinorUnits, type Money } from "#ui/money.ts";
import { parseDecimal } from "#ui/decimal.ts";
import { parseTyped } from "#ui/typed.ts";

/** Digits after the point that an annual rate may have. */
const RATE_DIGITS = 4;

type Row = { dueOn: string; amount: string };
type Typed = "downPayment" | "chargesForgiven" | "principalForgiven";

/** A plan as somebody puts it together: what is typed stays as it is typed until it is asked for. */
export class PlanDraft {
  chosen = $state<string[]>([]);
  startsOn = $state("");
  way = $state<"EVEN" | "CUSTOM">("EVEN");
  count = $state("3");
  frequency = $state<PlanFrequency>("MONTHLY");
  firstOn = $state("");
  rows = $state<Row[]>([]);
  percent = $state("");
  dayCount = $state<DayCount>("ACTUAL_360");
  amounts = $state<Record<Typed, string>>({ downPayment: "", chargesForgiven: "", principalForgiven: "" });

  constructor(startsOn: string, firstOn: string, chosen: string[]) {
    this.startsOn = startsOn;
    this.firstOn = firstOn;
    this.chosen = chosen;
  }

  /** Turns a schedule of even instalments into rows to be changed one by one. */
  customize(projection: Projection | null): void {
    this.way = "CUSTOM";
    if (this.rows.length > 0) return;
    const instalments = projection?.instalments.filter((one) => one.number > 0) ?? [];
    this.rows = instalments.map((one) => ({ dueOn: one.dueOn, amount: formatAmount(one.debt, current.locale) }));
    if (this.rows.length === 0) this.rows = [{ dueOn: this.firstOn, amount: "" }];
  }

  /** In minor units of `like`; 0 where nothing is typed, null where it is unclear. */
  typed(field: Typed, like: Money): bigint | null {
    return amountIn(this.amounts[field], like);
  }

  get isCountUnclear(): boolean {
    return !/^[1-9]\d{0,2}$/.test(this.count.trim());
  }

  get rate(): string | null {
    return this.percent.trim() ? parseDecimal(this.percent, RATE_DIGITS, current.locale) : "0";
  }

  /** Whether a row of one's own lacks its day, or its amount cannot be read. */
  isRowUnclear(row: Row, like: Money): boolean {
    return !row.dueOn || amountIn(row.amount, like) === null;
  }

  /** What to ask the server for; null while something must be corrected first. */
  input(customerId: string, like: Money): PlanInput | null {
    const instalments = this.#instalments(like);
    const [down, charges, principal] = (["downPayment", "chargesForgiven", "principalForgiven"] as const).map((field) =>
      this.typed(field, like),
    );
    if (!instalments || this.rate === null || !this.startsOn || this.chosen.length === 0) return null;
    if (down === null || charges === null || principal === null) return null;
    return {
      customerId,
      receivableIds: [...this.chosen].sort(),
      currencyCode: like.currencyCode,
      instalments,
      startsOn: this.startsOn,
      downPayment: decimal(down, like),
      annualPercent: this.rate,
      dayCount: this.dayCount,
      chargesForgiven: decimal(charges, like),
      principalForgiven: decimal(principal, like),
    };
  }

  #instalments(like: Money): PlanInput["instalments"] | null {
    if (this.way === "EVEN") {
      if (this.isCountUnclear || !this.firstOn) return null;
      return { count: Number(this.count), firstOn: this.firstOn, frequency: this.frequency };
    }
    if (this.rows.length === 0 || this.rows.some((row) => this.isRowUnclear(row, like))) return null;
    return { custom: this.rows.map((row) => ({ dueOn: row.dueOn, amount: decimal(amountIn(row.amount, like), like) })) };
  }
}

function amountIn(text: string, like: Money): bigint | null {
  return text.trim() ? parseTyped(text, like, current.locale) : 0n;
}

function decimal(units: bigint | null | undefined, like: Money): string | null {
  return units ? fromMinorUnits(units, like).amount : null;
}
