import { digitsOf, type Money } from "./money.ts";

/** The sign between units and decimals in this locale. */
export function decimalSign(locale: string): string {
  const parts = new Intl.NumberFormat(locale).formatToParts(1.5);
  return parts.find((part) => part.type === "decimal")?.value ?? ".";
}

/**
 * What a person typed, as minor units; null when it cannot be read without guessing.
 * The locale's own decimal sign counts; groups of three after the other sign are dropped ("1.234,50" in
 * es-CO). A lone other sign followed by one or two digits ("12.50" in es-CO) can only mean decimals.
 */
export function parseTyped(text: string, like: Money, locale: string): bigint | null {
  const digits = digitsOf(like);
  const own = decimalSign(locale);
  const other = own === "." ? "," : ".";
  let plain = text.replace(/[\s\u00a0\u202f$]/g, "");
  if (!plain.includes(own) && new RegExp(`^\\d+\\${other}\\d{1,2}$`).test(plain)) {
    plain = plain.replace(other, own);
  }
  const [whole = "", fraction = "", ...rest] = plain.split(own);
  const grouped = new RegExp(`^\\d{1,3}(\\${other}\\d{3})+$`);
  const units = grouped.test(whole) ? whole.replaceAll(other, "") : whole;
  const readable = /^\d{1,15}$/.test(units) && /^\d*$/.test(fraction);
  if (rest.length > 0 || !readable || fraction.length > digits) return null;
  return BigInt(units + fraction.padEnd(digits, "0"));
}
