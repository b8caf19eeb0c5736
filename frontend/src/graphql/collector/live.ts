import { stringifyDocument } from "@urql/core";
import { graphql, type ResultOf } from "./graphql.ts";

const ChangedSubscription = graphql(`
  subscription Changed {
    changed { kind nodeId customerId }
  }
`);

export type Change = ResultOf<typeof ChangedSubscription>["changed"];
/** null: the connection had been lost, so anything may have changed. */
type Listener = (change: Change | null) => void;

const listeners = new Set<Listener>();
let stop: (() => void) | null = null;

/** Calls `listener` for each change of another person or customer, until the returned function is called. */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells this page's own parts at once what the person has just done, without waiting for the socket. */
export function tell(change: Change | null): void {
  for (const listener of listeners) listener(change);
}

/** Opens the socket; the library is fetched only now, after the first screen is up. */
export async function listen(): Promise<void> {
  if (stop) return;
  stop = () => {};
  const { createClient } = await import("graphql-ws");
  let connections = 0;
  const client = createClient({
    url: `${location.origin.replace("http", "ws")}/graphql`,
    retryAttempts: Infinity,
    shouldRetry: () => stop !== null,
    on: {
      connected: () => {
        if (++connections > 1) tell(null);
      },
    },
  });
  const next = ({ data }: { data?: { changed: Change } | null }) => {
    if (data) tell(data.changed);
  };
  const end = client.subscribe<{ changed: Change }>(
    { query: stringifyDocument(ChangedSubscription) },
    { next, error: () => {}, complete: () => {} },
  );
  stop = () => {
    end();
    void client.dispose();
  };
}

export function stopListening(): void {
  stop?.();
  stop = null;
}
