import assert from "node:assert/strict";
import { test } from "node:test";
import { addDays, daysBetween, longDay, nearDay, shortDay } from "./dates.ts";

test("a business day is never shifted by the browser's zone", () => {
  assert.equal(shortDay("2026-11-23", "2026-12-01", "es-MX"), "23 nov");
  assert.equal(shortDay("2025-11-23", "2026-12-01", "es-MX"), "23 nov 2025");
  assert.equal(longDay("2026-11-23", "es-MX"), "lunes, 23 de noviembre");
});

test("near days are said in words, far ones are dated", () => {
  assert.equal(nearDay("2026-11-23", "2026-11-23", "es-MX"), "hoy");
  assert.equal(nearDay("2026-11-20", "2026-11-23", "es-MX"), "hace 3 días");
  assert.equal(nearDay("2026-08-01", "2026-11-23", "es-MX"), "1 ago");
});

test("days are counted over month ends and summer time", () => {
  assert.equal(daysBetween("2026-02-27", "2026-03-01"), 2);
  assert.equal(daysBetween("2026-10-30", "2026-11-02"), 3);
  assert.equal(addDays("2026-12-31", 1), "2027-01-01");
});
