import type { BounceReason, InstrumentLine, InstrumentState } from "#graphql/collector/instruments.ts";
import { t } from "#i18n/collector/index.ts";

export const INSTRUMENT_TONES: Readonly<Record<InstrumentState, "neutral" | "accent" | "warn" | "good" | "alert">> = {
  RECEIVED: "accent",
  DEPOSITED: "warn",
  CLEARED: "good",
  BOUNCED: "alert",
  RETURNED: "neutral",
  SUBSTITUTED: "neutral",
};

export const BOUNCE_REASONS: readonly BounceReason[] = [
  "INSUFFICIENT_FUNDS",
  "ACCOUNT_CLOSED",
  "PAYMENT_STOPPED",
  "SIGNATURE",
  "OUT_OF_DATE",
  "BANK_ERROR",
  "OTHER",
];

type Named = Pick<InstrumentLine, "kind" | "number" | "bank">;

/** "Cheque 123 · Banco Norte". */
export const nameOf = (one: Named): string =>
  [`${t(`instrument.${one.kind}`)} ${one.number}`, one.bank].filter(Boolean).join(" · ");

/** "Paga F-1, F-2": what it is for; of many the first three. */
export function purposeOf(one: Pick<InstrumentLine, "role" | "links">): string {
  const numbers = one.links.map((link) => link.receivable.number);
  if (numbers.length === 0) return t(`instrument.${one.role}.nothing`);
  const named = numbers.slice(0, 3).join(", ");
  const rest = numbers.length - 3;
  return t(`instrument.${one.role}.these`, {
    numbers: rest > 0 ? t("instrument.andMore", { numbers: named, rest }) : named,
  });
}
