/** Money as the API gives it: an exact decimal string with the currency's digits. Never a JavaScript number. */
export type Money = { readonly amount: string; readonly currencyCode: string };

/** Number of minor digits, read from the amount itself: the API always writes all of the currency's digits. */
export function digitsOf(money: Money): number {
  return money.amount.split(".")[1]?.length ?? 0;
}

/** Integer count of minor units: "12.50" MXN is 1250n, "1250" CLP is 1250n. */
export function minorUnits(money: Money): bigint {
  return BigInt(money.amount.replace(".", ""));
}

/** The inverse of `minorUnits`, in the currency and with the digits of `like`. */
export function fromMinorUnits(units: bigint, like: Money): Money {
  const digits = digitsOf(like);
  const sign = units < 0n ? "-" : "";
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const amount = digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${text.slice(-digits)}`;
  return { amount, currencyCode: like.currencyCode };
}

/** One sum per currency, in order of first appearance. */
export function sumByCurrency(parts: readonly Money[]): Money[] {
  const sums = new Map<string, Money>();
  for (const part of parts) {
    const sum = sums.get(part.currencyCode);
    const units = minorUnits(part) + (sum ? minorUnits(sum) : 0n);
    sums.set(part.currencyCode, fromMinorUnits(units, part));
  }
  return [...sums.values()];
}

/** `part` of `whole` as a share between 0 and 1, for drawing only. */
export function shareOf(part: Money, whole: bigint): number {
  return whole === 0n ? 0 : Number((minorUnits(part) * 10_000n) / whole) / 10_000;
}

const formats = new Map<string, Intl.NumberFormat>();

/** "1234567.80" in es-MX is "1,234,567.80"; the currency code is shown apart by the Money component. */
export function formatAmount(money: Money, locale: string): string {
  const digits = digitsOf(money);
  const key = `${locale}/${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formats.set(key, format);
  }
  return format.format(money.amount as Intl.StringNumericLiteral);
}

/** Amount and code in one text, for sentences: "1,234.50 MXN". */
export function moneyText(money: Money, locale: string): string {
  return `${formatAmount(money, locale)}\u00a0${money.currencyCode}`;
}
