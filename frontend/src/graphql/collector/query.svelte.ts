import type { AnyVariables, TypedDocumentNode } from "@urql/core";
import { untrack } from "svelte";
import { client, type Failure, failureOf } from "./client.ts";

/**
 * A query that follows its variables while the component that made it is shown. What was known is shown at
 * once and refreshed behind; after a mutation urql refetches it when it holds a type the mutation returned.
 */
export class Query<Data, Variables extends AnyVariables> {
  data = $state.raw<Data | undefined>();
  failure = $state.raw<Failure | null>(null);
  fetching = $state(true);
  #again = $state(0);

  /** `variables` gives null while there is nothing to ask. */
  constructor(document: TypedDocumentNode<Data, Variables>, variables: () => Variables | null) {
    const key = $derived(JSON.stringify(variables()));
    let shownFor: string | undefined;
    $effect(() => {
      const again = this.#again;
      const asked = JSON.parse(key) as Variables | null;
      if (asked === null) return;
      if (shownFor !== key) untrack(() => (this.data = undefined));
      shownFor = key;
      this.fetching = true;
      const requestPolicy = again > 0 ? "network-only" : "cache-and-network";
      const { unsubscribe } = client.query(document, asked, { requestPolicy }).subscribe((result) => {
        if (result.data !== undefined) this.data = result.data;
        this.failure = result.error ? failureOf(result.error) : null;
        this.fetching = result.stale;
      });
      return unsubscribe;
    });
  }

  reload = (): void => {
    this.failure = null;
    this.#again += 1;
  };
}
