import { UserErrorsFragment } from "./actions.ts";
import { graphql } from "./graphql.ts";

/** Entering the dated values that the books reckon with. */

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
