/**
 * Business days arrive as "2026-11-23" and belong to the organization's zone already: they are written as they
 * are, never shifted through the browser's zone. Events arrive in UTC and are shown in the browser's zone.
 */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}/${name}`;
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, options)));
  return found;
}

const day = (date: string): Date => new Date(`${date}T00:00:00Z`);

/** "23 nov", with the year when it is not `today`'s. */
export function shortDay(date: string, today: string, locale: string): string {
  const sameYear = date.slice(0, 4) === today.slice(0, 4);
  const options: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", timeZone: "UTC" };
  return sameYear
    ? format(locale, "short", options).format(day(date))
    : format(locale, "short-year", { ...options, year: "numeric" }).format(day(date));
}

/** "lunes, 23 de noviembre". */
export function longDay(date: string, locale: string): string {
  return format(locale, "long", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" }).format(day(date));
}

/** "23 nov, 14:05" in the reader's zone. */
export function moment(instant: string, locale: string): string {
  return format(locale, "moment", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    new Date(instant),
  );
}

/** The calendar day of an instant in the reader's zone, as "2026-11-23". */
export function dayOf(instant: string): string {
  const local = new Date(instant);
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${local.getFullYear()}-${pad(local.getMonth() + 1)}-${pad(local.getDate())}`;
}

/** Days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((day(to).getTime() - day(from).getTime()) / 86_400_000);
}

export function addDays(date: string, days: number): string {
  return new Date(day(date).getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

/** "hoy", "ayer", "hace 3 días", "en 2 semanas": words while they are near, the date when they are not. */
export function nearDay(date: string, today: string, locale: string): string {
  const days = daysBetween(today, date);
  if (Math.abs(days) > 30) return shortDay(date, today, locale);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
}
