/**
 * An organization's colour, made readable. Brand colours are often too pale for white text or too dark for a
 * dark page, so lightness is moved until the contrast reaches 4.5:1 (WCAG 2.2, 1.4.3); hue and chroma stay.
 * Conversions: Björn Ottosson's OKLab; luminance and contrast: WCAG 2.2.
 */
type Rgb = readonly [number, number, number];
export type Oklch = { readonly l: number; readonly c: number; readonly h: number };

// 4.5 with room for the rounding of the CSS text.
const ENOUGH = 4.55;
const LIGHT_SURFACE: Oklch = { l: 0.955, c: 0.006, h: 240 };
const DARK_SURFACE: Oklch = { l: 0.25, c: 0.012, h: 240 };

const toLinear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

export function fromHex(hex: string): Oklch | null {
  const match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (!match) return null;
  const [r, g, b] = match.slice(1).map((part) => toLinear(parseInt(part, 16) / 255)) as unknown as Rgb;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  const h = ((Math.atan2(bb, a) * 180) / Math.PI + 360) % 360;
  return { l: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, c: Math.hypot(a, bb), h };
}

function linearRgb({ l, c, h }: Oklch): Rgb {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const ll = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const mm = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const ss = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (v: number) => Math.min(1, Math.max(0, v));
  return [
    clip(4.0767416621 * ll - 3.3077115913 * mm + 0.2309699292 * ss),
    clip(-1.2684380046 * ll + 2.6097574011 * mm - 0.3413193965 * ss),
    clip(-0.0041960863 * ll - 0.7034186147 * mm + 1.707614701 * ss),
  ];
}

function luminance(colour: Oklch): number {
  const [r, g, b] = linearRgb(colour);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one: Oklch, other: Oklch): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function readable(colour: Oklch, on: Oklch, step: number): Oklch {
  let corrected = { ...colour, c: Math.min(colour.c, 0.16) };
  while (contrast(corrected, on) < ENOUGH && corrected.l >= 0 && corrected.l <= 1) {
    corrected = { ...corrected, l: corrected.l + step };
  }
  return corrected;
}

const css = ({ l, c, h }: Oklch) => `oklch(${(l * 100).toFixed(1)}% ${c.toFixed(3)} ${h.toFixed(1)})`;

/** The two accents for one brand colour; null when `hex` is no colour. */
export function accents(hex: string): { light: string; dark: string } | null {
  const brand = fromHex(hex);
  if (!brand) return null;
  return {
    light: css(readable(brand, LIGHT_SURFACE, -0.01)),
    dark: css(readable(brand, DARK_SURFACE, 0.01)),
  };
}

/** Sets the accent on the page. CSSOM, not a style attribute: the content security policy allows it. */
export function applyAccent(hex: string | null | undefined, root: HTMLElement): void {
  const pair = hex ? accents(hex) : null;
  if (!pair) return;
  root.style.setProperty("--accent-light", pair.light);
  root.style.setProperty("--accent-dark", pair.dark);
}
