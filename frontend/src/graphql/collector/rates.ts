import { UserErrorsFragment } from "./actions.ts";
import { graphql } from "./graphql.ts";

/** The dated values that the books reckon with: their list, and entering them. */

export const RatesQuery = graphql(`
  query Rates($kind: RateKind!, $code: String, $first: Int!, $after: String) {
    rates(kind: $kind, code: $code, first: $first, after: $after) {
      edges { node { id code date value source } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const ExchangeRateMutation = graphql(
  `
    mutation ExchangeRateSet($input: ExchangeRateSetInput!) {
      exchangeRateSet(input: $input) {
        __typename
        ... on RateSetSuccess { count }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const InterestRateMutation = graphql(
  `
    mutation InterestRateSet($input: InterestRateSetInput!) {
      interestRateSet(input: $input) {
        __typename
        ... on RateSetSuccess { count }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const IndexValueMutation = graphql(
  `
    mutation IndexValueSet($input: IndexValueSetInput!) {
      indexValueSet(input: $input) {
        __typename
        ... on RateSetSuccess { count }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);
