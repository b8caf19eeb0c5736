/** A text with `{facts}`, or one text per plural form of the fact `n`. */
export type Message = string | { readonly other: string; readonly one?: string; readonly many?: string };
export type Catalogue = Readonly<Record<string, Message>>;
export type Facts = Readonly<Record<string, string | number>>;

export type Language = "es" | "en" | "pt";
export const LANGUAGES: readonly Language[] = ["es", "en", "pt"];
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  es: "Español",
  en: "English",
  pt: "Português",
};

/** The first of the wanted languages that Cartera speaks; Spanish when none is. */
export function chooseLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const language = LANGUAGES.find((known) => tag?.toLowerCase().startsWith(known));
    if (language) return language;
  }
  return "es";
}

/**
 * Fills a message with facts. A message with plural forms chooses by the fact `n`; numbers are written in the
 * locale's digits and groups.
 */
export function fill(message: Message, facts: Facts, locale: string): string {
  let text: string;
  if (typeof message === "string") text = message;
  else {
    const form = new Intl.PluralRules(locale).select(Number(facts.n ?? 0)) as "one" | "many" | "other";
    text = message[form] ?? message.other;
  }
  if (!text.includes("{")) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const fact = facts[name];
    if (fact === undefined) return whole;
    return typeof fact === "number" ? fact.toLocaleString(locale) : fact;
  });
}
