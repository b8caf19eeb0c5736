import { graphql, type ResultOf, type VariablesOf } from "./graphql.ts";

export const PromisesQuery = graphql(`
  query Promises($first: Int!, $after: String, $filter: PromiseFilter) {
    promises(first: $first, after: $after, filter: $filter) {
      edges {
        node {
          id
          customer { id name }
          amount { amount currencyCode }
          received { amount currencyCode }
          dueOn
          lastDay
          state
          channel
          note
          member { id name }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const PromisesTotalsQuery = graphql(`
  query PromisesTotals($filter: PromiseFilter) {
    promises(first: 1, filter: $filter) {
      totalCount
      totals { amount currencyCode }
    }
  }
`);

export type PromiseRow = ResultOf<typeof PromisesQuery>["promises"]["edges"][number]["node"];
export type PromiseFilter = NonNullable<VariablesOf<typeof PromisesQuery>["filter"]>;
export type PromiseState = PromiseRow["state"];
