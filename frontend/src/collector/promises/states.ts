import type { PromiseState } from "#graphql/collector/promises.ts";

/** Red only for what needs somebody to act. */
export const PROMISE_TONES: Readonly<Record<PromiseState, "neutral" | "alert" | "warn" | "good" | "accent">> = {
  PENDING: "accent",
  KEPT: "good",
  PARTIALLY_KEPT: "warn",
  BROKEN: "alert",
  RENEGOTIATED: "neutral",
  CANCELLED: "neutral",
};
