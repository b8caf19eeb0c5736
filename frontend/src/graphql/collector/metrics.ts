import { graphql, type ResultOf } from "./graphql.ts";

export const MetricsQuery = graphql(`
  query Metrics($asOf: Date) {
    metrics(asOf: $asOf) {
      asOf
      aging {
        currencyCode
        total { amount currencyCode }
        buckets { bucket count amount { amount currencyCode } }
        formula
      }
      totalOverdue { value { amount currencyCode } formula }
      dso {
        currencyCode
        value
        formula
        receivablesAtEnd { amount currencyCode }
        creditSales { amount currencyCode }
        bestPossible
        averageDaysDelinquent
      }
      keptRate { byCount byAmount matured kept formula }
    }
  }
`);

const FigureReceivableFragment = graphql(`
  fragment FigureReceivable on Receivable {
    id
    number
    dueOn
    daysOverdue
    balance { amount currencyCode }
    customer { id name }
  }
`);

export const AgingRowsQuery = graphql(
  `
    query AgingRows($asOf: Date, $currency: CurrencyCode!, $first: Int!, $after: String) {
      metrics(asOf: $asOf, filter: { currencyCode: $currency }) {
        aging {
          currencyCode
          buckets {
            bucket
            receivables(first: $first, after: $after) {
              edges { node { ...FigureReceivable } }
              pageInfo { hasNextPage endCursor }
            }
          }
        }
      }
    }
  `,
  [FigureReceivableFragment],
);

export const OverdueRowsQuery = graphql(
  `
    query OverdueRows($asOf: Date, $currency: CurrencyCode!, $first: Int!, $after: String) {
      metrics(asOf: $asOf, filter: { currencyCode: $currency }) {
        totalOverdue {
          value { currencyCode }
          receivables(first: $first, after: $after) {
            edges { node { ...FigureReceivable } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  `,
  [FigureReceivableFragment],
);

export const KeptRowsQuery = graphql(`
  query KeptRows($asOf: Date, $first: Int!, $after: String) {
    metrics(asOf: $asOf) {
      keptRate {
        promises(first: $first, after: $after) {
          edges {
            node {
              id
              dueOn
              state
              amount { amount currencyCode }
              received { amount currencyCode }
              customer { id name }
            }
          }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
`);

export type Metrics = ResultOf<typeof MetricsQuery>["metrics"];
export type AgingSummary = Metrics["aging"][number];
export type AgingBucket = AgingSummary["buckets"][number]["bucket"];
