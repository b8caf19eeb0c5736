import { UserErrorsFragment } from "./actions.ts";
import { type FragmentOf, graphql, type ResultOf, type VariablesOf } from "./graphql.ts";

/** What the screens of interest and cost read and do. Fetched with the first of them. */

const ChargeFragment = graphql(`
  fragment ChargeLine on Charge {
    id
    kind
    rule
    source
    amount { amount currencyCode }
    balance { amount currencyCode }
    base { amount currencyCode }
    rate
    dayCount
    fromOn
    toOn
    dueOn
    postedOn
    note
  }
`);

const ChargeTermsFragment = graphql(`
  fragment Terms on ChargeTerms {
    basis
    agreedPercent
    penaltyPercent
    capPercent
    dayCount
    imputation
    imputationSource
  }
`);

const PolicyFragment = graphql(
  `
    fragment Policy on ChargePolicy {
      terms { ...Terms }
      posting
      collectorWaiver { percent amount { amount currencyCode } }
      managerWaiver { percent amount { amount currencyCode } }
    }
  `,
  [ChargeTermsFragment],
);

export const ChargeAssessQuery = graphql(`
  query ChargeAssess($id: ID!, $asOf: Date!) {
    chargeAssess(customerId: $id, asOf: $asOf) {
      lines {
        kind
        rule
        source
        amount { amount currencyCode }
        base { amount currencyCode }
        rate
        dayCount
        fromOn
        toOn
        dueOn
        receivable { id number dueOn }
      }
      lacking { rule code on receivable { id number } }
    }
  }
`);

/** What is charged to a customer: what was agreed with it, else the policy. */
export const ChargeTermsQuery = graphql(
  `
    query CustomerChargeTerms($id: ID!) {
      chargePolicy { ...Policy }
      chargeAgreement(customerId: $id) { ...Terms }
    }
  `,
  [PolicyFragment, ChargeTermsFragment],
);

export const ChargePolicyQuery = graphql(
  `
    query ChargePolicy {
      chargePolicy { ...Policy }
    }
  `,
  [PolicyFragment],
);

export const ChargeLinesQuery = graphql(
  `
    query CustomerChargeLines($id: ID!, $first: Int!, $after: String, $openOnly: Boolean!) {
      node(id: $id) {
        __typename
        ... on Customer {
          id
          receivables(
            first: $first
            after: $after
            filter: { openOnly: $openOnly }
            orderBy: { field: DUE_ON, direction: ASC }
          ) {
            edges { node { id number charges { amount currencyCode } chargeLines { ...ChargeLine } } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  `,
  [ChargeFragment],
);

export const ChargePostMutation = graphql(
  `
    mutation ChargePost($input: ChargePostInput!) {
      chargePost(input: $input) {
        __typename
        ... on ChargePostSuccess { charges { id amount { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const ChargeAddMutation = graphql(
  `
    mutation ChargeAdd($input: ChargeAddInput!) {
      chargeAdd(input: $input) {
        __typename
        ... on ChargeAddSuccess { charge { id } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const ChargeWaiveMutation = graphql(
  `
    mutation ChargeWaive($input: ChargeWaiveInput!) {
      chargeWaive(input: $input) {
        __typename
        ... on ChargeWaiveSuccess { charge { id balance { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const ChargePolicyMutation = graphql(
  `
    mutation ChargePolicySet($input: ChargePolicySetInput!) {
      chargePolicySet(input: $input) {
        __typename
        ... on ChargePolicySetSuccess { policy { posting } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const ChargeAgreementMutation = graphql(
  `
    mutation ChargeAgreementSet($input: ChargeAgreementSetInput!) {
      chargeAgreementSet(input: $input) {
        __typename
        ... on ChargeAgreementSetSuccess { terms { basis } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export type ChargeLine = FragmentOf<typeof ChargeFragment>;
export type ChargePolicy = FragmentOf<typeof PolicyFragment>;
export type ChargeTerms = FragmentOf<typeof ChargeTermsFragment>;
export type Proposal = ResultOf<typeof ChargeAssessQuery>["chargeAssess"]["lines"][number];
export type Lack = ResultOf<typeof ChargeAssessQuery>["chargeAssess"]["lacking"][number];
export type ChargeKind = ChargeLine["kind"];
export type DayCount = NonNullable<ChargeLine["dayCount"]>;
export type Basis = ChargeTerms["basis"];
export type Imputation = ChargeTerms["imputation"];
export type Posting = ChargePolicy["posting"];
export type WaiverLimit = ChargePolicy["collectorWaiver"];
export type TermsInput = VariablesOf<typeof ChargePolicyMutation>["input"]["terms"];
