import { UserErrorsFragment } from "./actions.ts";
import { type FragmentOf, graphql, type ResultOf, type VariablesOf } from "./graphql.ts";

/** What the screens of cheques and promissory notes read and do. Fetched with the first of them. */

const InstrumentLineFragment = graphql(`
  fragment InstrumentLine on Instrument {
    id
    kind
    role
    state
    number
    bank
    amount { amount currencyCode }
    dueOn
    depositFrom
    customer { id name }
    links { amount { amount currencyCode } receivable { id number } }
  }
`);

const InstrumentSuccessFragment = graphql(`
  fragment InstrumentDone on InstrumentSuccess {
    instrument { id state payment { id } }
    customer { id }
  }
`);

export const CustomerInstrumentsQuery = graphql(
  `
    query CustomerInstruments($id: ID!, $first: Int!, $after: String) {
      node(id: $id) {
        __typename
        ... on Customer {
          id
          instruments(first: $first, after: $after) {
            edges { node { ...InstrumentLine } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  `,
  [InstrumentLineFragment],
);

export const InstrumentsQuery = graphql(
  `
    query Instruments($first: Int!, $after: String, $filter: InstrumentFilter) {
      instruments(first: $first, after: $after, filter: $filter) {
        edges { node { ...InstrumentLine } }
        pageInfo { hasNextPage endCursor }
      }
    }
  `,
  [InstrumentLineFragment],
);

/** Count and amounts of a view: asked apart, so that the rows need not wait for them. */
export const InstrumentsTotalsQuery = graphql(`
  query InstrumentsTotals($filter: InstrumentFilter) {
    instruments(first: 1, filter: $filter) {
      totalCount
      totals { amount currencyCode }
    }
  }
`);

export const InstrumentQuery = graphql(
  `
    query Instrument($id: ID!) {
      node(id: $id) {
        __typename
        ... on Instrument {
          ...InstrumentLine
          drawerName
          issuedOn
          pausesUntil
          receivedOn
          depositedOn
          clearedOn
          bouncedOn
          bounceReason
          payment { id }
          substitute { id number balance { amount currencyCode } }
        }
      }
    }
  `,
  [InstrumentLineFragment],
);

export const InstrumentPolicyQuery = graphql(`
  query InstrumentPolicy {
    instrumentPolicy { bounceFee { amount currencyCode } bouncePercent source }
  }
`);

export const InstrumentRegisterMutation = graphql(
  `
    mutation InstrumentRegister($input: InstrumentRegisterInput!) {
      instrumentRegister(input: $input) { __typename ...InstrumentDone ...Refused }
    }
  `,
  [InstrumentSuccessFragment, UserErrorsFragment],
);

export const InstrumentDepositMutation = graphql(
  `
    mutation InstrumentDeposit($input: InstrumentDepositInput!) {
      instrumentDeposit(input: $input) { __typename ...InstrumentDone ...Refused }
    }
  `,
  [InstrumentSuccessFragment, UserErrorsFragment],
);

export const InstrumentClearMutation = graphql(
  `
    mutation InstrumentClear($input: InstrumentClearInput!) {
      instrumentClear(input: $input) { __typename ...InstrumentDone ...Refused }
    }
  `,
  [InstrumentSuccessFragment, UserErrorsFragment],
);

export const InstrumentBounceMutation = graphql(
  `
    mutation InstrumentBounce($input: InstrumentBounceInput!) {
      instrumentBounce(input: $input) { __typename ...InstrumentDone ...Refused }
    }
  `,
  [InstrumentSuccessFragment, UserErrorsFragment],
);

export const InstrumentReturnMutation = graphql(
  `
    mutation InstrumentReturn($input: InstrumentNoteInput!) {
      instrumentReturn(input: $input) { __typename ...InstrumentDone ...Refused }
    }
  `,
  [InstrumentSuccessFragment, UserErrorsFragment],
);

export const InstrumentSubstituteMutation = graphql(
  `
    mutation InstrumentSubstitute($input: InstrumentNoteInput!) {
      instrumentSubstitute(input: $input) { __typename ...InstrumentDone ...Refused }
    }
  `,
  [InstrumentSuccessFragment, UserErrorsFragment],
);

export const SubstitutionUndoMutation = graphql(
  `
    mutation InstrumentSubstitutionUndo($input: InstrumentNoteInput!) {
      instrumentSubstitutionUndo(input: $input) { __typename ...InstrumentDone ...Refused }
    }
  `,
  [InstrumentSuccessFragment, UserErrorsFragment],
);

export type InstrumentLine = FragmentOf<typeof InstrumentLineFragment>;
export type InstrumentState = InstrumentLine["state"];
export type InstrumentKind = InstrumentLine["kind"];
export type InstrumentRole = InstrumentLine["role"];
export type InstrumentFilter = NonNullable<VariablesOf<typeof InstrumentsQuery>["filter"]>;
export type InstrumentDetail = Extract<
  NonNullable<ResultOf<typeof InstrumentQuery>["node"]>,
  { readonly __typename: "Instrument" } | { __typename: "Instrument" }
>;
export type BounceReason = NonNullable<InstrumentDetail["bounceReason"]>;
