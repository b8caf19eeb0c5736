import type { Component } from "svelte";
import type { Customer, OpenReceivable } from "#graphql/collector/customers.ts";
import type { Key } from "#i18n/collector/index.ts";
import type { IconName } from "#ui/icons.ts";

/**
 * What a customer's page is made of beside its summary. A new form or tab is one line here: who may see it,
 * and the file that draws it, which is fetched only after the page is up.
 */
type Part<Props extends Record<string, unknown>> = {
  /** Its name in the address: `?accion=` for a form, `?seccion=` for a tab. */
  readonly name: string;
  readonly label: Key;
  /** The scope without which it is not offered. */
  readonly needs: string;
  readonly load: () => Promise<{ default: Component<Props> }>;
};

export type FormProps = {
  customer: Customer;
  /** What is open, the oldest due date first; a hundred at most. */
  receivables: readonly OpenReceivable[];
  onclose: () => void;
  ondone: () => void;
};
export type Form = Part<FormProps> & { readonly icon: IconName; /** The single key that opens it. */ readonly hint: string };

export type PanelProps = {
  customer: Customer;
  receivables: readonly OpenReceivable[];
  /** Counts what happened to this customer while the page was open: ask again when it grows. */
  changes: number;
};
export type Tab = Part<PanelProps>;

export const FORMS: readonly Form[] = [
  {
    name: "promesa",
    label: "action.promise",
    icon: "promise",
    hint: "p",
    needs: "promises:write",
    load: () => import("./PromiseForm.svelte"),
  },
  {
    name: "llamada",
    label: "action.call",
    icon: "phone",
    hint: "c",
    needs: "activities:write",
    load: () => import("./CallForm.svelte"),
  },
  {
    name: "nota",
    label: "action.note",
    icon: "note",
    hint: "n",
    needs: "activities:write",
    load: () => import("./NoteForm.svelte"),
  },
  {
    name: "pago",
    label: "action.payment",
    icon: "money",
    hint: "r",
    needs: "payments:write",
    load: () => import("./payments/PaymentForm.svelte"),
  },
  {
    name: "reclamo",
    label: "action.dispute",
    icon: "flag",
    hint: "d",
    needs: "disputes:write",
    load: () => import("./disputes/DisputeForm.svelte"),
  },
  {
    name: "ejecutivo",
    label: "action.assign",
    icon: "people",
    hint: "a",
    needs: "books:write",
    load: () => import("./AssignForm.svelte"),
  },
];

export const TABS: readonly Tab[] = [
  {
    name: "documentos",
    label: "tab.receivables",
    needs: "receivables:read",
    load: () => import("./receivables/Receivables.svelte"),
  },
  {
    name: "pagos",
    label: "tab.payments",
    needs: "payments:read",
    load: () => import("./payments/Payments.svelte"),
  },
  {
    name: "notas-de-credito",
    label: "tab.creditNotes",
    needs: "payments:read",
    load: () => import("./credit-notes/CreditNotes.svelte"),
  },
  {
    name: "reclamos",
    label: "tab.disputes",
    needs: "receivables:read",
    load: () => import("./disputes/Disputes.svelte"),
  },
  {
    name: "cheques",
    label: "tab.instruments",
    needs: "instruments:read",
    load: () => import("./instruments/Instruments.svelte"),
  },
  {
    name: "convenios",
    label: "tab.plans",
    needs: "plans:read",
    load: () => import("./plans/Plans.svelte"),
  },
  {
    name: "cargos",
    label: "tab.charges",
    needs: "receivables:read",
    load: () => import("./charges/Charges.svelte"),
  },
  {
    name: "cambios",
    label: "tab.audit",
    needs: "activities:read",
    load: () => import("./audit/Audit.svelte"),
  },
];
