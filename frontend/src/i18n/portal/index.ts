import { Current } from "../current.svelte.ts";
import type { Catalogue, Language, Message } from "../format.ts";
import type spanish from "./es.json";

/** Spanish is the original; a key that another language lacks fails the type check here. */
export type Key = keyof typeof spanish;
type Complete = Promise<{ default: Readonly<Record<Key, Message>> }>;

const files: Readonly<Record<Language, () => Complete>> = {
  es: () => import("./es.json"),
  en: () => import("./en.json"),
  pt: () => import("./pt.json"),
};

const load = (language: Language) => async (): Promise<Catalogue> => (await files[language]()).default;

export const current = new Current<Key>({ es: load("es"), en: load("en"), pt: load("pt") });
export const { t } = current;
