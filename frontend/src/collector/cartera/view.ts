import type { CustomerFilter, CustomerOrder } from "#graphql/collector/customers.ts";

export type View = "due" | "all";
export type OrderField = CustomerOrder["field"];

export const ORDERS: readonly OrderField[] = [
  "PRIORITY",
  "OVERDUE",
  "BALANCE",
  "OLDEST_DUE",
  "LAST_CONTACT",
  "NEXT_ACTION",
  "NAME",
];
/** The direction in which an order is most useful, taken when it is chosen for the first time. */
const NATURAL: Readonly<Record<OrderField, CustomerOrder["direction"]>> = {
  PRIORITY: "DESC",
  OVERDUE: "DESC",
  BALANCE: "DESC",
  OLDEST_DUE: "ASC",
  LAST_CONTACT: "ASC",
  NEXT_ACTION: "ASC",
  NAME: "ASC",
};
export const BUCKETS = ["CURRENT", "DAYS_1_30", "DAYS_31_60", "DAYS_61_90", "OVER_90"] as const;
export const PROMISES = ["PENDING", "BROKEN", "KEPT", "PARTIALLY_KEPT"] as const;

const oneOf = <Value extends string>(values: readonly Value[], text: string | null): Value | null =>
  values.find((value) => value === text) ?? null;

/** The tab: what is due now, or everything. */
export const viewOf = (query: URLSearchParams): View => (query.get("vista") === "todo" ? "all" : "due");

export function filterOf(query: URLSearchParams, mineByDefault: boolean): CustomerFilter {
  const due = viewOf(query) === "due";
  const mine = query.get("mias");
  const search = query.get("q");
  const bucket = oneOf(BUCKETS, query.get("tramo"));
  const promise = oneOf(PROMISES, query.get("promesa"));
  const segment = query.get("segmento");
  return {
    ...(due && { dueNow: true }),
    ...((mine ? mine === "1" : due && mineByDefault) && { assignedToMe: true }),
    ...(search && { search }),
    ...(bucket && { agingBucket: bucket }),
    ...(promise && { promiseState: promise }),
    ...(segment && { segment }),
  };
}

/** Whether the address narrows the view beyond its tab. */
export const isNarrowed = (query: URLSearchParams): boolean =>
  ["q", "tramo", "promesa", "segmento"].some((name) => query.has(name));

export function orderOf(query: URLSearchParams): CustomerOrder {
  const [field, direction] = (query.get("orden") ?? "").split(".");
  const known = oneOf(ORDERS, field ?? null) ?? "PRIORITY";
  return { field: known, direction: oneOf(["ASC", "DESC"], direction ?? null) ?? NATURAL[known] };
}

/** The address's text for choosing `field`; choosing it again turns it round. Null is the order by priority. */
export function nextOrder(field: OrderField, now: CustomerOrder): string | null {
  const turned = now.direction === "ASC" ? "DESC" : "ASC";
  const direction = field === now.field ? turned : NATURAL[field];
  return field === "PRIORITY" && direction === "DESC" ? null : `${field}.${direction}`;
}
