import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf } from "./keys.ts";

const bare = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

test("keys are named as the help shows them", () => {
  assert.equal(keyOf({ ...bare, key: "j" }), "j");
  assert.equal(keyOf({ ...bare, key: "J", shiftKey: true }), "Shift+J");
  assert.equal(keyOf({ ...bare, key: "?", shiftKey: true }), "?");
  assert.equal(keyOf({ ...bare, key: "k", metaKey: true }), "Mod+k");
  assert.equal(keyOf({ ...bare, key: " " }), "Space");
});
