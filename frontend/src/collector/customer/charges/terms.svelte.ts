import type { Basis, ChargeTerms, DayCount, Imputation, TermsInput } from "#graphql/collector/charges.ts";
import { current } from "#i18n/collector/index.ts";
import { formatDecimal, parseDecimal } from "#ui/decimal.ts";

/** Digits after the point of a percentage that somebody types. */
const DIGITS = 4;

type Percent = "agreedPercent" | "penaltyPercent" | "capPercent";
export const PERCENTS: readonly Percent[] = ["agreedPercent", "penaltyPercent", "capPercent"];

export const IMPUTATIONS: readonly Imputation[] = [
  "INTEREST_COST_PRINCIPAL",
  "COST_INTEREST_PRINCIPAL",
  "PRINCIPAL_INTEREST_COST",
  "INTEREST_COST_PRINCIPAL_BY_DOCUMENT",
  "COST_INTEREST_PRINCIPAL_BY_DOCUMENT",
  "PRINCIPAL_INTEREST_COST_BY_DOCUMENT",
];

export const typedPercent = (value: string | null): string =>
  value === null ? "" : formatDecimal(value, current.locale);

/** "" is null: no bound; undefined when it cannot be read. */
export function readPercent(text: string): string | null | undefined {
  return text.trim() ? (parseDecimal(text, DIGITS, current.locale) ?? undefined) : null;
}

/** What is charged for lateness and in which order money pays, as somebody changes it. */
export class TermsDraft {
  basis = $state<Basis>("NONE");
  percents = $state<Record<Percent, string>>({ agreedPercent: "", penaltyPercent: "", capPercent: "" });
  /** "": the rule's own. */
  dayCount = $state<DayCount | "">("");
  /** "": the country's order. */
  imputation = $state<Imputation | "">("");

  constructor(terms: ChargeTerms) {
    this.basis = terms.basis;
    for (const field of PERCENTS) this.percents[field] = typedPercent(terms[field]);
    this.dayCount = terms.dayCount ?? "";
    this.imputation = terms.imputationSource === null ? terms.imputation : "";
  }

  isUnclear(field: Percent): boolean {
    return readPercent(this.percents[field]) === undefined;
  }

  /** Null while something must be corrected first. */
  get terms(): TermsInput | null {
    if (PERCENTS.some((field) => this.isUnclear(field))) return null;
    const percent = (field: Percent) => readPercent(this.percents[field]) ?? null;
    const isAgreed = this.basis === "AGREED";
    return {
      basis: this.basis,
      agreedPercent: isAgreed ? percent("agreedPercent") : null,
      penaltyPercent: isAgreed ? percent("penaltyPercent") : null,
      capPercent: this.basis === "NONE" ? null : percent("capPercent"),
      dayCount: isAgreed ? this.dayCount || null : null,
    };
  }
}
