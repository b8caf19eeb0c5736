import type { ChargeKind, ChargeLine, ChargeTerms, DayCount, Proposal, WaiverLimit } from "#graphql/collector/charges.ts";
import { addDays, shortDay } from "#i18n/dates.ts";
import { current, t } from "#i18n/collector/index.ts";
import { formatDecimal } from "#ui/decimal.ts";
import { moneyText } from "#ui/money.ts";
import { session } from "../../session.svelte.ts";

export const DAY_COUNTS: readonly DayCount[] = ["ACTUAL_360", "ACTUAL_365", "ACTUAL_ACTUAL", "THIRTY_360"];

/** What a person may add by hand: what comes of a plan or a cheque comes with it. */
export const KINDS: readonly ChargeKind[] = ["COLLECTION_COST", "INTEREST", "COMPENSATION", "BOUNCE_FEE", "OTHER"];

type Line = Pick<ChargeLine, "kind" | "rule" | "source" | "base" | "rate" | "dayCount" | "fromOn" | "toOn"> | Proposal;

const day = (date: string) => shortDay(date, session.me.today, current.locale);

/** "Interés comercial (Código de Comercio 362)": the rule by its name, with the article or agreement behind it. */
export function ruleOf(line: Pick<Line, "rule" | "source">): string {
  const name = current.maybe(`charge.rule.${line.rule}`);
  if (!name) return line.source;
  // A source begins with its article; what follows explains it, in the language of the law's reader.
  const article = line.rule.startsWith("agreed.") ? "" : (line.source.split(":")[0] ?? "");
  return article && line.rule !== "by_hand" ? `${name} (${article})` : name;
}

/** "6 % anual sobre 100,000.00 MXN · real/365 · del 1 al 30 nov (30 días)": how a line comes to its amount. */
export function reckoningOf(line: Line): string {
  const base = line.base ? moneyText(line.base, current.locale) : null;
  const percent = line.rate === null ? null : formatDecimal(line.rate, current.locale);
  const isInterest = line.toOn !== null && line.fromOn !== null;
  const parts: (string | null)[] = [];
  if (percent && base) parts.push(t(isInterest ? "charge.rateOn" : "charge.shareOf", { percent, base }));
  else if (base) parts.push(t("charge.on", { base }));
  if (line.dayCount) parts.push(t(`dayCount.${line.dayCount}`));
  if (isInterest && line.fromOn && line.toOn) {
    const n = Math.round((Date.parse(line.toOn) - Date.parse(line.fromOn)) / 86_400_000);
    parts.push(t("charge.period", { from: day(line.fromOn), to: day(addDays(line.toOn, -1)), n }));
  }
  return parts.filter(Boolean).join(" · ");
}

/** What is charged for lateness, in a sentence. */
export function termsOf(terms: ChargeTerms): string {
  const percent = (value: string) => formatDecimal(value, current.locale);
  if (terms.basis === "NONE") return t("charge.terms.NONE");
  const parts = [terms.basis === "LEGAL" ? t("charge.terms.LEGAL") : t("charge.terms.AGREED")];
  if (terms.agreedPercent !== null) parts.push(t("rate.annual", { percent: percent(terms.agreedPercent) }));
  if (terms.penaltyPercent !== null) parts.push(t("charge.penalty", { percent: percent(terms.penaltyPercent) }));
  if (terms.dayCount) parts.push(t(`dayCount.${terms.dayCount}`));
  if (terms.capPercent !== null) parts.push(t("charge.cap", { percent: percent(terms.capPercent) }));
  return parts.join(" · ");
}

/** "hasta 50 % de cada cargo y 1,000.00 MXN": what a role may waive. */
export function limitOf(limit: WaiverLimit): string {
  const percent = limit.percent === null ? null : formatDecimal(limit.percent, current.locale);
  const amount = limit.amount && moneyText(limit.amount, current.locale);
  if (percent === "0" || (amount && /^0(\.0+)?$/.test(limit.amount?.amount ?? ""))) return t("waiver.none");
  if (percent !== null && amount) return t("waiver.both", { percent, amount });
  if (percent !== null) return t("waiver.percent", { percent });
  return amount ? t("waiver.amount", { amount }) : t("waiver.any");
}
