import type { AnyVariables, TypedDocumentNode } from "@urql/core";
import { client, type Failure, failureOf } from "./client.ts";

type Refused = { readonly __typename: "UserErrors"; readonly errors: readonly UserError[] };
export type UserError = { readonly code: string; readonly message: string; readonly path: readonly string[] };

/** Either what the mutation gives on success, or why it was not done. */
export type Done<Success> =
  | { readonly ok: true; readonly value: Success }
  | { readonly ok: false; readonly errors: readonly UserError[]; readonly failure: Failure | null };

/** Runs a mutation whose only field is a union of a success and `UserErrors`. Never throws. */
export async function mutate<Result extends { readonly __typename: string }, Variables extends AnyVariables>(
  document: TypedDocumentNode<Record<string, Result | Refused>, Variables>,
  variables: Variables,
): Promise<Done<Exclude<Result, Refused>>> {
  const { data, error } = await client.mutation(document, variables);
  const result = data && Object.values(data).find((value) => typeof value === "object");
  if (result?.__typename === "UserErrors") return { ok: false, errors: (result as Refused).errors, failure: null };
  if (result) return { ok: true, value: result as Exclude<Result, Refused> };
  return { ok: false, errors: [], failure: error ? failureOf(error) : { offline: false, requestId: null } };
}

/**
 * The idempotency key of one thing that a person does: the same while the same input is sent again because the
 * network failed, another once the input is corrected or the server has refused it.
 */
export class Once {
  #sent = "";
  #key = "";

  keyFor(input: object): string {
    const text = JSON.stringify(input);
    if (text !== this.#sent) this.#key = crypto.randomUUID();
    this.#sent = text;
    return this.#key;
  }

  /** Hands `done` on, and forgets the key when the server has answered. */
  settle<Result extends Done<unknown>>(done: Result): Result {
    if (done.ok || !done.failure) this.#sent = "";
    return done;
  }
}
