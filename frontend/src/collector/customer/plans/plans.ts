import type { InstalmentState, PlanFrequency, PlanLine, PlanState } from "#graphql/collector/plans.ts";
import { fromMinorUnits, minorUnits, type Money } from "#ui/money.ts";

type Tone = "neutral" | "alert" | "warn" | "good" | "accent";

/** Red only for what needs somebody to act. */
export const PLAN_TONES: Readonly<Record<PlanState, Tone>> = {
  PROPOSED: "warn",
  ACTIVE: "accent",
  COMPLETED: "good",
  DEFAULTED: "alert",
  CANCELLED: "neutral",
};

export const INSTALMENT_TONES: Readonly<Record<InstalmentState, Tone>> = {
  PENDING: "neutral",
  PAID: "good",
  LATE: "alert",
};

export const FREQUENCIES: readonly PlanFrequency[] = ["MONTHLY", "BIWEEKLY", "WEEKLY"];

export const awaitsApproval = (plan: Pick<PlanLine, "state" | "needsApproval" | "approvedAt">): boolean =>
  plan.state === "PROPOSED" && plan.needsApproval && !plan.approvedAt;

/** How far a plan has come, and what is asked for next. */
export function progressOf(plan: PlanLine): {
  paid: Money;
  owed: Money;
  next: { number: number; dueOn: string; lastDay: string; open: Money } | null;
} {
  const sum = (of: "paid" | "owed") =>
    fromMinorUnits(
      plan.instalments.reduce((all, one) => all + minorUnits(one[of]), 0n),
      plan.total,
    );
  const first = plan.instalments.find((one) => one.state !== "PAID");
  const next = first && {
    number: first.number,
    dueOn: first.dueOn,
    lastDay: first.lastDay,
    open: fromMinorUnits(minorUnits(first.owed) - minorUnits(first.paid), plan.total),
  };
  return { paid: sum("paid"), owed: sum("owed"), next: next ?? null };
}
