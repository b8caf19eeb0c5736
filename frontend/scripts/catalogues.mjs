// What the type check cannot see in the catalogues: keys that only one language has, facts that a translation
// forgot or invented, plural forms that a language needs, and texts that no screen uses.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("../src/", import.meta.url).pathname;
const NEEDED_FORMS = { es: ["one", "other"], en: ["one", "other"], pt: ["one", "other"] };
// Keys that are put together from a code of the server, such as `state.BROKEN`.
const FROM_CODES = JSON.parse(readFileSync(join(root, "i18n/from-codes.json"), "utf8"));

const problems = [];

function read(app, language) {
  return JSON.parse(readFileSync(join(root, "i18n", app, `${language}.json`), "utf8"));
}

const texts = (message) => (typeof message === "string" ? [message] : Object.values(message));
const factsOf = (message) =>
  [...new Set(texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1])))]
    .filter((name) => name !== "n")
    .sort()
    .join(" ");

function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.(svelte|ts)$/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}

for (const app of ["collector", "portal"]) {
  const original = read(app, "es");
  const code = sources(join(root, app));
  for (const key of Object.keys(original)) {
    const coded = FROM_CODES.some((prefix) => key.startsWith(prefix));
    if (!coded && !code.includes(`"${key}"`)) problems.push(`${app}: ${key} is used nowhere`);
  }
  for (const language of ["es", "en", "pt"]) {
    const catalogue = read(app, language);
    for (const [key, message] of Object.entries(catalogue)) {
      const where = `${app}/${language}: ${key}`;
      if (!(key in original)) problems.push(`${where} is not in Spanish`);
      else if (factsOf(message) !== factsOf(original[key])) problems.push(`${where} has other facts than Spanish`);
      if (typeof message === "string") continue;
      for (const form of NEEDED_FORMS[language]) {
        if (!message[form]) problems.push(`${where} lacks the plural form "${form}"`);
      }
    }
    for (const key of Object.keys(original)) {
      if (!(key in catalogue)) problems.push(`${app}/${language}: ${key} is missing`);
    }
  }
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log("Catalogues agree.");
