import type { Done, UserError } from "#graphql/collector/mutate.ts";

/** What the server refused of a form, to be said beside the fields that it is about. */
export class Refusals {
  #errors = $state.raw<readonly UserError[]>([]);
  readonly #fields: readonly string[];

  /** `fields`: the inputs of the mutation for which the form shows errors itself. */
  constructor(...fields: string[]) {
    this.#fields = fields;
  }

  /** Remembers what was refused, and hands on what no field of the form shows. */
  take<Result extends Done<unknown>>(done: Result): Result {
    this.#errors = done.ok ? [] : done.errors;
    return done;
  }

  clear = (): void => {
    if (this.#errors.length > 0) this.#errors = [];
  };

  /** The errors about exactly this input, or about something inside of it. */
  under(...path: readonly string[]): readonly UserError[] {
    return this.#errors.filter((error) => path.every((part, place) => error.path[place] === part));
  }

  /** What to say beside the input of this path; null when it is fine. */
  at(...path: readonly string[]): string | null {
    return this.under(...path).map((error) => error.message).join(" ") || null;
  }

  /** Whether a field says this one, so that the form need not say it again. */
  isShown = (error: UserError): boolean => this.#fields.includes(error.path[0] ?? "");
}
