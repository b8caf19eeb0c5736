import type { DisputeLine, DisputeState } from "#graphql/collector/disputes.ts";
import { daysBetween } from "#i18n/dates.ts";

export const DISPUTE_TONES: Readonly<Record<DisputeState, "neutral" | "accent" | "good">> = {
  OPEN: "accent",
  ACCEPTED: "good",
  REJECTED: "neutral",
  WITHDRAWN: "neutral",
};

/** Calendar days from opening to resolution, or to today while it is open. */
export const daysOpen = (one: Pick<DisputeLine, "cycleDays" | "openedOn">, today: string): number =>
  one.cycleDays ?? daysBetween(one.openedOn, today);
