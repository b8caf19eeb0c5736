import { current, t } from "#i18n/collector/index.ts";

/** Decimal strings of figures that are no money: days and shares. */
const NONE = "—";

export function days(value: string | null): string {
  if (value === null) return NONE;
  const figure = new Intl.NumberFormat(current.locale, { maximumFractionDigits: 1 }).format(
    value as Intl.StringNumericLiteral,
  );
  return t("metric.days", { figure });
}

/** A share between 0 and 1 as a percentage. */
export function percent(value: string | null): string {
  if (value === null) return NONE;
  return new Intl.NumberFormat(current.locale, { style: "percent", maximumFractionDigits: 1 }).format(
    value as Intl.StringNumericLiteral,
  );
}
