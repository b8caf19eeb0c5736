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

const AGAIN_MS = 5000;

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
  let stopped = false;
  stop = () => (stopped = true);
  const { createClient } = await import("graphql-ws");
  if (stopped) return;
  let connections = 0;
  const client = createClient({
    url: `${location.origin.replace("http", "ws")}/graphql`,
    retryAttempts: Infinity,
    shouldRetry: () => !stopped,
    on: {
      connected: () => {
        if (++connections > 1) tell(null);
      },
    },
  });
  let end = () => {};
  const query = stringifyDocument(ChangedSubscription);
  const next = ({ data }: { data?: { changed: Change } | null }) => {
    if (data) tell(data.changed);
  };
  // The server may end a subscription and keep the socket: ask again, and read afresh what was missed.
  const again = () => {
    if (!stopped) setTimeout(subscribe, AGAIN_MS);
  };
  function subscribe() {
    if (stopped) return;
    if (connections > 0) tell(null);
    end = client.subscribe<{ changed: Change }>({ query }, { next, error: again, complete: again });
  }
  subscribe();
  stop = () => {
    stopped = true;
    end();
    void client.dispose();
  };
}

export function stopListening(): void {
  stop?.();
  stop = null;
}
