import { type Catalogue, chooseLanguage, type Facts, fill, type Language } from "./format.ts";

type Loaders = Readonly<Record<Language, () => Promise<Catalogue>>>;

/**
 * The one language that is loaded, and the locale that figures and dates are written in. The locale joins the
 * reader's language with the organization's country: Spanish in Mexico writes 1,234.50, in Chile 1.234,50.
 */
export class Current<Key extends string> {
  language = $state.raw<Language>("es");
  country = $state.raw("MX");
  #catalogue = $state.raw<Catalogue>({});
  readonly #loaders: Loaders;

  constructor(loaders: Loaders) {
    this.#loaders = loaders;
  }

  get locale(): string {
    return `${this.language}-${this.country}`;
  }

  async use(wanted: readonly (string | null | undefined)[], country?: string | null): Promise<void> {
    const language = chooseLanguage(wanted);
    this.#catalogue = await this.#loaders[language]();
    this.language = language;
    if (country) this.country = country;
    document.documentElement.lang = language;
  }

  t = (key: Key, facts: Facts = {}): string => {
    const message = this.#catalogue[key];
    return message === undefined ? key : fill(message, facts, this.locale);
  };

  /** The text of a code that the server may have added since this bundle was built, or null. */
  maybe = (key: string, facts: Facts = {}): string | null => {
    const message = this.#catalogue[key];
    return message === undefined ? null : fill(message, facts, this.locale);
  };
}
