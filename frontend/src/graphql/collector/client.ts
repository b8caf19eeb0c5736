import { cacheExchange, Client, type CombinedError, fetchExchange, mapExchange } from "@urql/core";

type Handlers = { language: () => string; onSignedOut: () => void };

let handlers: Handlers = { language: () => "es", onSignedOut: () => {} };

/** Told once at start: the language errors come in, and what to do when the session has ended. */
export function configure(given: Handlers): void {
  handlers = given;
}

function isSignedOut(error: CombinedError): boolean {
  const status = (error.response as Response | undefined)?.status;
  return status === 401 || error.graphQLErrors.some((one) => one.extensions.code === "UNAUTHENTICATED");
}

export const client = new Client({
  url: "/graphql",
  preferGetMethod: false,
  fetchOptions: () => ({ credentials: "same-origin", headers: { "Accept-Language": handlers.language() } }),
  exchanges: [
    mapExchange({
      onError: (error) => {
        if (isSignedOut(error)) handlers.onSignedOut();
      },
    }),
    cacheExchange,
    fetchExchange,
  ],
});

/** What went wrong, as far as a person needs to know: no network, or the server with its request id. */
export type Failure = { readonly offline: boolean; readonly requestId: string | null };

export function failureOf(error: CombinedError): Failure {
  const id = error.graphQLErrors[0]?.extensions.requestId;
  return { offline: error.networkError !== undefined, requestId: typeof id === "string" ? id : null };
}
