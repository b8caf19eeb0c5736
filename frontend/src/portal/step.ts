import type { PaymentLine, Receivable } from "#graphql/portal/documents.ts";
import type { Money } from "#ui/money.ts";

/** What the second tap's pages, paying and promising, are given. */
export type StepProps = {
  chosen: readonly Receivable[];
  lines: readonly PaymentLine[];
  /** What is paid, and what all that is chosen comes to: a promise is for whole documents. */
  part: Money;
  whole: Money;
  today: string;
  onback: () => void;
  onchanged: () => void;
};

export type PartProps = { most: bigint; like: Money; onchange: (units: bigint | null) => void };
