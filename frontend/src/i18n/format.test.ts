import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseLanguage, fill } from "./format.ts";

test("facts are filled in, numbers in the reader's digits", () => {
  assert.equal(fill("{name} debe {n} documentos", { name: "Ana", n: 12345 }, "es-MX"), "Ana debe 12,345 documentos");
  assert.equal(fill("{name}", {}, "es-MX"), "{name}");
});

test("plural forms are the language's own", () => {
  const rows = { one: "{n} cliente", other: "{n} clientes" };
  assert.equal(fill(rows, { n: 1 }, "es-MX"), "1 cliente");
  assert.equal(fill(rows, { n: 0 }, "es-MX"), "0 clientes");
  assert.equal(fill(rows, { n: 1000000 }, "es-MX"), "1,000,000 clientes");
  assert.equal(fill({ one: "{n} dia", other: "{n} dias" }, { n: 0 }, "pt-BR"), "0 dia");
});

test("the first language that is spoken wins", () => {
  assert.equal(chooseLanguage([null, "fr-FR", "pt-BR", "en"]), "pt");
  assert.equal(chooseLanguage(["de"]), "es");
});
