import type { ImportKind } from "#graphql/collector/imports.ts";

const WHO = ["customer_id", "customer_name", "tax_id"] as const;

/** What a column may hold, by kind of file; the words are those of cartera/rules/imports/fields.py. */
export const FIELDS = {
  INVOICES: [
    "company_code",
    ...WHO,
    "document_kind",
    "series",
    "number",
    "instalment",
    "issue_date",
    "due_date",
    "terms",
    "amount",
    "balance",
    "currency",
    "settled_date",
    "settled_amount",
    "salesperson",
    "sales_group",
    "product_line",
    "fiscal_id",
  ],
  PAYMENTS: ["company_code", ...WHO, "series", "number", "payment_id", "received_date", "amount", "currency", "method"],
  CONTACTS: [...WHO, "contact_name", "role", "email", "phone", "language"],
} as const satisfies Readonly<Record<ImportKind, readonly string[]>>;

export const KINDS = Object.keys(FIELDS) as readonly ImportKind[];
