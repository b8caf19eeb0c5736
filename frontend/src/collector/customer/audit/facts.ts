import type { Audited } from "#graphql/collector/audit.ts";
import { current } from "#i18n/collector/index.ts";

/** A main fact of an entry of the log, as it was and as it became; null where it was not there. */
export type Changed = { name: string; label: string; before: string | null; after: string | null };

/** Where the words for the states of a noun are. */
const STATES: Readonly<Record<string, string>> = {
  dispute: "dispute.state.",
  instrument: "instrument.state.",
  plan: "plan.state.",
  promise: "promise.",
  receivable: "document.",
};

/** In the order in which they are told; others come after. */
const FIRST = ["state", "number", "amount", "total", "balance", "waived", "due_on", "starts_on", "ends_on"];

const placeOf = (name: string): number => (FIRST.indexOf(name) + FIRST.length + 1) % (FIRST.length + 1);

/** "0", "0.00 MXN": what was nothing at the start is not told. */
const isNothing = (value: string): boolean => /\d/.test(value) && !/[1-9]/.test(value);

/** The facts that have a name for people; what did not change says nothing. */
export function changedFacts(entry: Audited): Changed[] {
  const before = new Map(entry.before.map((fact) => [fact.name, fact.value]));
  const after = new Map(entry.after.map((fact) => [fact.name, fact.value]));
  const found: Changed[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const label = current.maybe(`fact.${name}`);
    const was = before.get(name) ?? null;
    const is = after.get(name) ?? null;
    // The sentence has its words already.
    const isSaid = was === null && is !== null && (entry.sentence.includes(is) || isNothing(is));
    if (label && was !== is && !isSaid) {
      found.push({ name, label, before: say(entry, name, was), after: say(entry, name, is) });
    }
  }
  return found.sort((one, other) => placeOf(one.name) - placeOf(other.name));
}

function say(entry: Audited, name: string, value: string | null): string | null {
  if (value === null) return value;
  const words = name === "state" ? STATES[entry.noun] : entry.action === "instrument.bounced" && "instrument.bounce.";
  return words ? (current.maybe(`${words}${value.toUpperCase()}`) ?? value) : value;
}
