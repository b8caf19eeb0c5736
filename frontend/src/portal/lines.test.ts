import assert from "node:assert/strict";
import { test } from "node:test";
import type { Receivable } from "#graphql/portal/documents.ts";
import { preselected, spread, sumOf } from "./lines.ts";

const receivable = (id: string, dueOn: string, balance: string, more: Partial<Receivable> = {}): Receivable => ({
  id,
  number: `F-${id}`,
  dueOn,
  daysOverdue: 0,
  isOverdue: true,
  amount: { amount: balance, currencyCode: "MXN" },
  balance: { amount: balance, currencyCode: "MXN" },
  payable: { amount: balance, currencyCode: "MXN" },
  isPromised: false,
  isDisputed: false,
  promisedUntil: null,
  ...more,
});

test("a part pays the oldest first, to the cent", () => {
  const both = [receivable("b", "2026-10-02", "100.10"), receivable("a", "2026-09-01", "50.05")];
  assert.equal(sumOf(both), 15015n);
  assert.deepEqual(spread(both, 6000n), [
    { receivableId: "a", amount: "50.05" },
    { receivableId: "b", amount: "9.95" },
  ]);
  assert.deepEqual(spread(both, 5005n), [{ receivableId: "a", amount: "50.05" }]);
});

test("of what is disputed in part the rest is chosen and paid", () => {
  const rest = { payable: { amount: "70.00", currencyCode: "MXN" } };
  const both = [receivable("partly", "2026-09-01", "100.00", rest), receivable("b", "2026-10-02", "10.00")];
  assert.deepEqual(preselected(both, "MXN"), ["partly", "b"]);
  assert.equal(sumOf(both), 8000n);
  assert.equal(sumOf(both, "balance"), 11000n);
  assert.deepEqual(spread(both, 8000n), [
    { receivableId: "partly", amount: "70.00" },
    { receivableId: "b", amount: "10.00" },
  ]);
});

test("only what is overdue and in nobody's doubt is chosen at first, in one currency", () => {
  const all = [
    receivable("late", "2026-09-01", "1.00"),
    receivable("soon", "2026-12-01", "1.00", { isOverdue: false }),
    receivable("disputed", "2026-09-01", "1.00", { isDisputed: true }),
    receivable("promised", "2026-09-01", "1.00", { isPromised: true }),
    receivable("dollars", "2026-09-01", "1.00", { balance: { amount: "1.00", currencyCode: "USD" } }),
  ];
  assert.deepEqual(preselected(all, "MXN"), ["late"]);
});

test("without anything overdue what falls due next is chosen", () => {
  const due = { isOverdue: false };
  const all = [
    receivable("later", "2026-12-24", "20.00", due),
    receivable("next", "2026-12-01", "10.00", due),
    receivable("also next", "2026-12-01", "5.00", due),
    receivable("promised", "2026-11-20", "40.00", { isPromised: true }),
    receivable("disputed", "2026-10-01", "50.00", { isDisputed: true }),
  ];
  assert.deepEqual(preselected(all, "MXN"), ["next", "also next"]);
  assert.deepEqual(preselected(all.slice(3), "MXN"), []);
});
