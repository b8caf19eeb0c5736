import type { ResultOf, VariablesOf } from "./graphql.ts";

/** Why there is no answer: no network, the link's session is over, or the server failed. */
export class NoAnswer extends Error {
  readonly why: "offline" | "ended" | "failed";

  constructor(why: "offline" | "ended" | "failed") {
    super(why);
    this.why = why;
  }
}

async function post(path: string, body: unknown, language: string): Promise<Response> {
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  try {
    return await fetch(path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new NoAnswer("offline");
  }
}

/** Opens a session with the token of a link. Throws NoAnswer("ended") for any link that cannot be used. */
export async function openSession(token: string): Promise<void> {
  const response = await post("/portal/session", { token }, document.documentElement.lang);
  if (response.status === 429 || response.status >= 500) throw new NoAnswer("failed");
  if (!response.ok) throw new NoAnswer("ended");
}

/** One operation of the portal's schema. Throws NoAnswer. */
export async function ask<Document>(
  document: Document,
  variables: VariablesOf<Document>,
  language: string,
): Promise<ResultOf<Document>> {
  const response = await post("/portal/graphql", { query: document, variables }, language);
  if (response.status === 401 || response.status === 404) throw new NoAnswer("ended");
  const answer = (await response.json().catch(() => null)) as {
    data?: ResultOf<Document> | null;
    errors?: { extensions?: { code?: string } }[];
  } | null;
  if (answer?.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED")) throw new NoAnswer("ended");
  if (!answer?.data) throw new NoAnswer("failed");
  return answer.data;
}
