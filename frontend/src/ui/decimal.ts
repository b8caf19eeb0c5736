import { fromMinorUnits } from "./money.ts";
import { parseTyped } from "./typed.ts";

/** Figures that are no money, as percents and rates: exact decimal strings, as the API gives and takes them. */

/**
 * What a person typed, as "2.5"; null when it cannot be read without guessing. At most `digits` decimals; a
 * sign is read, since a reference rate may be below zero.
 */
export function parseDecimal(text: string, digits: number, locale: string): string | null {
  const plain = text.trim().replace("\u2212", "-");
  const isNegative = plain.startsWith("-");
  const like = { amount: `0.${"0".repeat(digits)}`, currencyCode: "" };
  const units = parseTyped(isNegative ? plain.slice(1) : plain, like, locale);
  if (units === null) return null;
  return shortened(fromMinorUnits(isNegative ? -units : units, like).amount);
}

/** "6.50" in es-CL is "6,5". */
export function formatDecimal(value: string, locale: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 10 }).format(value as Intl.StringNumericLiteral);
}

const shortened = (text: string): string => text.replace(/\.?0+$/, "");
