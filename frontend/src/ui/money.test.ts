import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatAmount,
  fromMinorUnits,
  minorUnits,
  moneyText,
  shareOf,
  sumByCurrency,
} from "./money.ts";
import { parseTyped } from "./typed.ts";

const mxn = { amount: "0.00", currencyCode: "MXN" };
const clp = { amount: "0", currencyCode: "CLP" };
const kwd = { amount: "0.000", currencyCode: "KWD" };

test("minor units go there and back exactly", () => {
  for (const amount of ["0.00", "0.05", "-0.05", "12.50", "123456789012345678.90"]) {
    const money = { amount, currencyCode: "MXN" };
    assert.equal(fromMinorUnits(minorUnits(money), money).amount, amount);
  }
  assert.equal(fromMinorUnits(1250n, clp).amount, "1250");
  assert.equal(fromMinorUnits(5n, kwd).amount, "0.005");
});

test("sums never mix currencies", () => {
  const sums = sumByCurrency([
    { amount: "0.10", currencyCode: "MXN" },
    { amount: "5000", currencyCode: "CLP" },
    { amount: "0.20", currencyCode: "MXN" },
  ]);
  assert.deepEqual(sums, [
    { amount: "0.30", currencyCode: "MXN" },
    { amount: "5000", currencyCode: "CLP" },
  ]);
});

test("amounts beyond a double's precision are shown to the cent", () => {
  const money = { amount: "90071992547409931.27", currencyCode: "MXN" };
  assert.equal(formatAmount(money, "es-MX"), "90,071,992,547,409,931.27");
  assert.equal(moneyText({ amount: "1234567", currencyCode: "CLP" }, "es-CL"), "1.234.567\u00a0CLP");
});

test("a typed amount is read in the reader's own signs", () => {
  assert.equal(parseTyped("1,234.5", mxn, "es-MX"), 123450n);
  assert.equal(parseTyped("1.234,50", mxn, "es-CO"), 123450n);
  assert.equal(parseTyped("$ 12.50", mxn, "es-CO"), 1250n);
  assert.equal(parseTyped("1.250", clp, "es-CL"), 1250n);
});

test("what could mean two things is refused", () => {
  for (const text of ["", "abc", "1.2.3", "1,23,4", "-5", "12.345", "1e9"]) {
    assert.equal(parseTyped(text, mxn, "es-MX"), null, text);
  }
  assert.equal(parseTyped("12,5", clp, "es-CL"), null);
});

test("shares are for drawing and survive a zero total", () => {
  assert.equal(shareOf({ amount: "25.00", currencyCode: "MXN" }, 10000n), 0.25);
  assert.equal(shareOf(mxn, 0n), 0);
});
