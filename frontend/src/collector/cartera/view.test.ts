import assert from "node:assert/strict";
import { test } from "node:test";
import { filterOf, isNarrowed, nextOrder, orderOf } from "./view.ts";

const query = (text: string) => new URLSearchParams(text);

test("a collector's day starts with what is due now and theirs", () => {
  assert.deepEqual(filterOf(query(""), true), { dueNow: true, assignedToMe: true });
  assert.deepEqual(filterOf(query(""), false), { dueNow: true });
  assert.deepEqual(filterOf(query("vista=todo"), true), {});
  assert.deepEqual(filterOf(query("vista=todo&mias=1"), false), { assignedToMe: true });
  assert.deepEqual(filterOf(query("mias=0"), true), { dueNow: true });
});

test("only known values of the address reach the server", () => {
  assert.deepEqual(filterOf(query("vista=todo&tramo=OVER_90&promesa=nonsense&q=ana"), false), {
    agingBucket: "OVER_90",
    search: "ana",
  });
  assert.deepEqual(orderOf(query("orden=drop.table")), { field: "PRIORITY", direction: "DESC" });
});

test("choosing an order again turns it round", () => {
  assert.equal(nextOrder("NAME", orderOf(query(""))), "NAME.ASC");
  assert.equal(nextOrder("NAME", orderOf(query("orden=NAME.ASC"))), "NAME.DESC");
  assert.equal(nextOrder("PRIORITY", orderOf(query("orden=NAME.ASC"))), null);
});

test("a tab alone is no filter", () => {
  assert.equal(isNarrowed(query("vista=todo&orden=NAME.ASC")), false);
  assert.equal(isNarrowed(query("tramo=OVER_90")), true);
});
