import type { DisputeLine, DisputeReason, DisputeState } from "#graphql/collector/disputes.ts";
import { daysBetween } from "#i18n/dates.ts";

export const REASONS: readonly DisputeReason[] = [
  "PRICE",
  "QUANTITY",
  "QUALITY",
  "NOT_RECEIVED",
  "DUPLICATE",
  "MISSING_PURCHASE_ORDER",
  "WRONG_TAX_DATA",
  "ALREADY_PAID",
  "NOT_OURS",
];

export const DISPUTE_TONES: Readonly<Record<DisputeState, "neutral" | "accent" | "good">> = {
  OPEN: "accent",
  ACCEPTED: "good",
  REJECTED: "neutral",
  WITHDRAWN: "neutral",
};

/** Calendar days from opening to resolution, or to today while it is open. */
export const daysOpen = (one: Pick<DisputeLine, "cycleDays" | "openedOn">, today: string): number =>
  one.cycleDays ?? daysBetween(one.openedOn, today);
