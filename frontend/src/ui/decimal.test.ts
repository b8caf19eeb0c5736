import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDecimal, parseDecimal } from "./decimal.ts";

test("a figure is read as its reader writes it", () => {
  assert.equal(parseDecimal("6,50", 4, "es-CL"), "6.5");
  assert.equal(parseDecimal("39.383,07", 10, "es-CL"), "39383.07");
  assert.equal(parseDecimal("6.5", 4, "es-MX"), "6.5");
  assert.equal(parseDecimal("0", 4, "es-MX"), "0");
  assert.equal(parseDecimal("100", 4, "es-MX"), "100");
  assert.equal(parseDecimal("-0.25", 4, "es-MX"), "-0.25");
});

test("what is unclear or too precise is not guessed at", () => {
  assert.equal(parseDecimal("", 4, "es-MX"), null);
  assert.equal(parseDecimal("seis", 4, "es-MX"), null);
  assert.equal(parseDecimal("1.23456", 4, "es-MX"), null);
});

test("a figure is written without zeros that say nothing", () => {
  assert.equal(formatDecimal("39383.0700", "es-CL"), "39.383,07");
  assert.equal(formatDecimal("6.00", "es-MX"), "6");
});
