import assert from "node:assert/strict";
import { test } from "node:test";
import { accents, contrast, fromHex, type Oklch } from "./accent.ts";

const white: Oklch = { l: 1, c: 0, h: 0 };
const black: Oklch = { l: 0, c: 0, h: 0 };

function parsed(css: string): Oklch {
  const [l, c, h] = css.match(/[\d.]+/g)!.map(Number) as [number, number, number];
  return { l: l / 100, c, h };
}

test("conversion and contrast agree with the published figures", () => {
  const red = fromHex("#ff0000")!;
  assert.ok(Math.abs(red.l - 0.628) < 0.001 && Math.abs(red.c - 0.2577) < 0.001);
  assert.ok(Math.abs(contrast(white, black) - 21) < 0.01);
  assert.ok(Math.abs(contrast(fromHex("#767676")!, white) - 4.54) < 0.01);
});

test("any brand colour becomes readable in light and in dark", () => {
  for (const brand of ["#ffff00", "#00ff88", "#ff0000", "#0000ff", "#ffffff", "#000000", "#7fd1ff"]) {
    const pair = accents(brand)!;
    assert.ok(contrast(parsed(pair.light), white) >= 4.5, `${brand} under white text`);
    assert.ok(contrast(parsed(pair.light), { l: 0.955, c: 0.006, h: 240 }) >= 4.5, `${brand} light`);
    assert.ok(contrast(parsed(pair.dark), { l: 0.25, c: 0.012, h: 240 }) >= 4.5, `${brand} dark`);
    assert.ok(contrast(parsed(pair.dark), { l: 0.18, c: 0.02, h: 240 }) >= 4.5, `${brand} under dark text`);
  }
});

test("a colour that is readable already is left alone", () => {
  const brand = fromHex("#0b5c73")!;
  assert.ok(Math.abs(parsed(accents("#0b5c73")!.light).l - brand.l) < 0.001);
});

test("what is no colour is ignored", () => assert.equal(accents("javascript:"), null));
