import type { Account, Reason } from "#graphql/collector/customers.ts";
import { current, t } from "#i18n/collector/index.ts";
import { shortDay } from "#i18n/dates.ts";
import type { Facts } from "#i18n/format.ts";
import { type Money, minorUnits, moneyText } from "#ui/money.ts";

export type Balance = Account["balances"][number];
type Reasoned = {
  readonly reasons: readonly Reason[];
  readonly balances: readonly Pick<Balance, "currencyCode" | "overdue">[];
};
type Shown = { readonly amounts: readonly Money[]; readonly approximate: boolean };

/**
 * What a customer owes, as a row can say it: in the one currency owed, or converted to the organization's when
 * there are several; when a rate is missing, each currency apart, since a sum would be a guess.
 */
export function shown(account: Account, what: "overdue" | "balance"): Shown {
  const owed = account.balances.filter((one) => minorUnits(one.balance) !== 0n);
  const [only] = owed;
  if (!only) return { amounts: [account[what]], approximate: false };
  if (owed.length === 1) return { amounts: [only[what]], approximate: false };
  if (account.lacksRate) return { amounts: owed.map((one) => one[what]), approximate: false };
  return { amounts: [account[what]], approximate: true };
}

export const agingSteps = (balance: Balance): Money[] => balance.aging.map((step) => step.amount);

/** The aging of one currency in words: "MXN: por vencer 10.00, 1–30 días 5.00". */
export function agingWords(balance: Balance): string {
  const steps = balance.aging
    .filter((step) => minorUnits(step.amount) !== 0n)
    .map((step) => `${t(`bucket.${step.bucket}`)} ${moneyText(step.amount, current.locale)}`);
  return steps.join(", ") || t("aging.nothing");
}

/** A reason's amount comes in the organization's currency: the customer's own, where that is the same fact. */
function amountOf(reason: Reason & { amount: Money }, account: Reasoned): string {
  const [only, ...others] = account.balances;
  const single = only && others.length === 0 ? only : null;
  if (single?.currencyCode === reason.amount.currencyCode) return moneyText(reason.amount, current.locale);
  if (single && reason.code === "OVERDUE_AMOUNT") return moneyText(single.overdue, current.locale);
  return `≈\u00a0${moneyText(reason.amount, current.locale)}`;
}

function factsOf(reason: Reason, account: Reasoned, today: string): Facts {
  const facts: Record<string, string | number> = {};
  if (reason.amount) facts.amount = amountOf({ ...reason, amount: reason.amount }, account);
  if (reason.days !== null) facts.n = reason.days;
  if (reason.count !== null) facts.count = reason.count;
  if (reason.total !== null) facts.total = reason.total;
  if (reason.date) facts.date = shortDay(reason.date, today, current.locale);
  return facts;
}

/** One reason in the reader's language; the server's own sentence for a code newer than this bundle. */
export function reasonText(reason: Reason, account: Reasoned, today: string): string {
  const text = current.maybe(`reason.${reason.code}`, factsOf(reason, account, today));
  return text && !text.includes("{") ? text : reason.sentence;
}

/** Why this rank, in one sentence: the first reasons, in the server's order of telling. */
export function whySentence(account: Reasoned, today: string): string {
  const text = account.reasons
    .slice(0, 3)
    .map((reason) => reasonText(reason, account, today))
    .join("; ");
  return text && `${text.charAt(0).toLocaleUpperCase(current.locale)}${text.slice(1)}.`;
}
