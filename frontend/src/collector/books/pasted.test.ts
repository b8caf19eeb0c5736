import assert from "node:assert/strict";
import { test } from "node:test";
import { readPasted } from "./pasted.ts";

test("lines of a spreadsheet, with its heading", () => {
  assert.deepEqual(readPasted("Fecha\tFIX\n2026-11-19\t18.4321\r\n2026-11-20\t18.50\n\n", 10, "es-MX"), {
    rows: [
      { on: "2026-11-19", value: "18.4321" },
      { on: "2026-11-20", value: "18.5" },
    ],
    bad: [],
  });
});

test("the day in front, and a comma for decimals", () => {
  assert.deepEqual(readPasted("1/2/2026; 39.383,07\n20-11-2026 39500", 10, "es-CL").rows, [
    { on: "2026-02-01", value: "39383.07" },
    { on: "2026-11-20", value: "39500" },
  ]);
});

test("what cannot be read is told by its line", () => {
  assert.deepEqual(readPasted("2026-02-30\t18\nhoy\t18\n2026-11-20\tdieciocho\n2026-11-20\t18", 10, "es-MX"), {
    rows: [{ on: "2026-11-20", value: "18" }],
    bad: [1, 2, 3],
  });
});
