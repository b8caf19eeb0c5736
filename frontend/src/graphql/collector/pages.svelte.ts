import type { AnyVariables, TypedDocumentNode } from "@urql/core";
import { untrack } from "svelte";
import { client, type Failure, failureOf } from "./client.ts";

type PageVariables = AnyVariables & { first: number; after?: string | null };
type Page<Row> = {
  readonly edges: readonly { readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

const MOST = 100;

/** The rows of a connection, page after page, for as long as its variables stay the same. */
export class Pages<Data, Variables extends PageVariables, Row extends { id: string }> {
  rows = $state.raw<readonly Row[]>([]);
  failure = $state.raw<Failure | null>(null);
  fetching = $state(true);
  hasMore = $state(false);
  readonly #document: TypedDocumentNode<Data, Variables>;
  readonly #page: (data: Data) => Page<Row> | undefined;
  readonly #size: number;
  #variables: Omit<Variables, "first" | "after"> | null = null;
  #cursor: string | null = null;
  #asked = 0;

  constructor(
    document: TypedDocumentNode<Data, Variables>,
    variables: () => Omit<Variables, "first" | "after"> | null,
    page: (data: Data) => Page<Row> | undefined,
    size = 50,
  ) {
    this.#size = size;
    this.#document = document;
    this.#page = page;
    const key = $derived(JSON.stringify(variables()));
    $effect(() => {
      this.#variables = JSON.parse(key) as Omit<Variables, "first" | "after"> | null;
      untrack(() => this.restart());
    });
  }

  /** Forgets the rows and asks for the first page. */
  restart = (): void => {
    this.rows = [];
    this.hasMore = false;
    this.#cursor = null;
    void this.#ask(this.#size, null, (rows) => rows);
  };

  more = (): void => {
    if (this.fetching || !this.hasMore) return;
    void this.#ask(this.#size, this.#cursor, (rows) => {
      const known = new Set(this.rows.map((row) => row.id));
      return [...this.rows, ...rows.filter((row) => !known.has(row.id))];
    });
  };

  /** Asks again for what is shown, without a moment of emptiness; only the first hundred rows. */
  refresh = (): void => {
    const shown = untrack(() => (this.fetching ? Infinity : this.rows.length));
    if (shown > MOST) return;
    void this.#ask(Math.max(this.#size, shown), null, (rows) => rows);
  };

  /** Puts a newer version of a row in its place. */
  replace(row: Row): void {
    this.rows = this.rows.map((old) => (old.id === row.id ? row : old));
  }

  async #ask(first: number, after: string | null, join: (rows: readonly Row[]) => readonly Row[]): Promise<void> {
    if (this.#variables === null) return;
    const turn = ++this.#asked;
    this.fetching = true;
    const variables = { ...this.#variables, first, after } as unknown as Variables;
    const result = await client.query(this.#document, variables, { requestPolicy: "network-only" });
    if (turn !== this.#asked) return;
    const page = result.data && this.#page(result.data);
    this.failure = result.error ? failureOf(result.error) : null;
    if (page) {
      this.rows = join(page.edges.map((edge) => edge.node));
      this.hasMore = page.pageInfo.hasNextPage;
      this.#cursor = page.pageInfo.endCursor;
    }
    this.fetching = false;
  }
}
