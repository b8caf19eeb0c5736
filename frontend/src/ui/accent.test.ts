import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// Conversions: Björn Ottosson's OKLab; luminance and contrast: WCAG 2.2.
function luminance(l: number, c: number, h: number): number {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const ll = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const mm = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const ss = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (v: number) => Math.min(1, Math.max(0, v));
  return (
    0.2126 * clip(4.0767416621 * ll - 3.3077115913 * mm + 0.2309699292 * ss) +
    0.7152 * clip(-1.2684380046 * ll + 2.6097574011 * mm - 0.3413193965 * ss) +
    0.0722 * clip(-0.0041960863 * ll - 0.7034186147 * mm + 1.707614701 * ss)
  );
}

const contrast = (one: number, other: number) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

const tokens = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");

/** "min(l, 0.5) min(c, 0.16)" of a token, as numbers. */
function limits(token: string): [number, number] {
  const found = new RegExp(`--${token}: oklch\\(from var\\(--brand\\) (?:min|max)\\(l, ([\\d.]+)\\) min\\(c, ([\\d.]+)\\)`).exec(tokens);
  assert.ok(found, token);
  return [Number(found[1]), Number(found[2])];
}

test("conversion and contrast agree with the published figures", () => {
  assert.ok(Math.abs(contrast(luminance(1, 0, 0), luminance(0, 0, 0)) - 21) < 0.01);
  assert.ok(Math.abs(luminance(0.6279, 0.2577, 29.23) - 0.2126) < 0.002);
});

test("an accent of any hue is readable on every surface, and so is the text on it", () => {
  const [darkest, lightChroma] = limits("accent-light");
  const [lightest, darkChroma] = limits("accent-dark");
  for (let hue = 0; hue < 360; hue += 1) {
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const light = luminance(darkest, lightChroma * share, hue);
      const dark = luminance(lightest, darkChroma * share, hue);
      assert.ok(contrast(light, luminance(0.955, 0.006, 240)) >= 4.5, `${hue} on the hovered surface`);
      assert.ok(contrast(light, 1) >= 4.5, `white on ${hue}`);
      assert.ok(contrast(dark, luminance(0.25, 0.012, 240)) >= 4.5, `${hue} on the dark hovered surface`);
      assert.ok(contrast(dark, luminance(0.18, 0.02, 240)) >= 4.5, `dark text on ${hue}`);
    }
  }
});
