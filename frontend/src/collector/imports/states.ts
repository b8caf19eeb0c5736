import type { ImportRun } from "#graphql/collector/imports.ts";

export const STATE_TONES: Readonly<Record<ImportRun["state"], "neutral" | "alert" | "warn" | "good" | "accent">> = {
  UPLOADED: "accent",
  NEEDS_ANSWERS: "warn",
  NEEDS_CONFIRMATION: "warn",
  RUNNING: "accent",
  DONE: "good",
  FAILED: "alert",
  CANCELLED: "neutral",
};
