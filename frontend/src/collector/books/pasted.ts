import { parseDecimal } from "#ui/decimal.ts";

/** Dated values copied from a spreadsheet: a day and a value on each line. */
export type Pasted = {
  readonly rows: readonly { readonly on: string; readonly value: string }[];
  /** Numbers of the lines, from 1, that could not be read without guessing. */
  readonly bad: readonly number[];
};

/**
 * Reads lines such as "2026-11-20⇥18.4321" or "20/11/2026; 18,4321"; a first line without a figure is a heading.
 * Days with a slash have the day in front, as Latin America writes them.
 */
export function readPasted(text: string, digits: number, locale: string): Pasted {
  const rows: { on: string; value: string }[] = [];
  const bad: number[] = [];
  for (const [place, line] of text.split(/\r?\n/).entries()) {
    if (!line.trim() || (place === 0 && !/\d/.test(line))) continue;
    const [, day = "", figure = ""] = /^\s*(\S+?)\s*[\t; ]\s*(\S+)\s*$/.exec(line) ?? [];
    const on = readDay(day);
    const value = parseDecimal(figure, digits, locale);
    if (on === null || value === null) bad.push(place + 1);
    else rows.push({ on, value });
  }
  return { rows, bad };
}

function readDay(text: string): string | null {
  const [, year, month, day] =
    /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(text) ?? swapped(/^(\d\d?)[/.-](\d\d?)[/.-](\d{4})$/.exec(text)) ?? [];
  if (!year || !month || !day) return null;
  const iso = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const found = new Date(`${iso}T00:00:00Z`);
  // The thirtieth of February would be the second of March.
  return !Number.isNaN(found.getTime()) && found.toISOString().startsWith(iso) ? iso : null;
}

const swapped = (found: RegExpExecArray | null) => found && ([found[0], found[3], found[2], found[1]] as const);
