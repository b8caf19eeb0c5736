import type { ReceivableLine } from "#graphql/collector/books.ts";

type State = ReceivableLine["state"];

export const STATE_TONES: Readonly<Record<State, "neutral" | "good" | "warn" | "accent">> = {
  OPEN: "neutral",
  PARTIALLY_PAID: "accent",
  PAID: "good",
  WRITTEN_OFF: "warn",
  CANCELLED: "neutral",
};

/** Whether something may still be owed on it. */
export const isOpen = (one: { readonly state: State }): boolean => one.state === "OPEN" || one.state === "PARTIALLY_PAID";
