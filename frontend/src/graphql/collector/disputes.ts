import { UserErrorsFragment } from "./actions.ts";
import { type FragmentOf, graphql, type ResultOf, type VariablesOf } from "./graphql.ts";

/** What the screens of disputes read and do. Fetched with the first of them. */

const DisputeLineFragment = graphql(`
  fragment DisputeLine on Dispute {
    id
    reason
    amount { amount currencyCode }
    accepted { amount currencyCode }
    state
    openedOn
    deadlineOn
    isPastDeadline
    cycleDays
    note
    receivable { id number }
    customer { id name }
    owner { id name }
  }
`);

const DisputeSuccessFragment = graphql(`
  fragment DisputeDone on DisputeSuccess {
    dispute { id state amount { amount currencyCode } }
    customer { id }
  }
`);

export const DisputesQuery = graphql(
  `
    query Disputes($first: Int!, $after: String, $filter: DisputeFilter) {
      disputes(first: $first, after: $after, filter: $filter) {
        edges { node { ...DisputeLine } }
        pageInfo { hasNextPage endCursor }
      }
    }
  `,
  [DisputeLineFragment],
);

/** Count and amounts of a view: asked apart, so that the rows need not wait for them. */
export const DisputesTotalsQuery = graphql(`
  query DisputesTotals($filter: DisputeFilter) {
    disputes(first: 1, filter: $filter) {
      totalCount
      totals { amount currencyCode }
    }
  }
`);

export const DisputeQuery = graphql(
  `
    query Dispute($id: ID!) {
      node(id: $id) {
        __typename
        ... on Dispute {
          ...DisputeLine
          resolvedOn
          resolution
          receivable { id number balance { amount currencyCode } }
          creditNote { id number }
          thread { id kind at text actor { name } }
          attachments { id fileName sizeBytes createdAt url actor { name } }
        }
      }
    }
  `,
  [DisputeLineFragment],
);

export const DisputeOpenMutation = graphql(
  `
    mutation DisputeOpen($input: DisputeOpenInput!) {
      disputeOpen(input: $input) { __typename ...DisputeDone ...Refused }
    }
  `,
  [DisputeSuccessFragment, UserErrorsFragment],
);

export const DisputeCommentMutation = graphql(
  `
    mutation DisputeComment($input: DisputeCommentInput!) {
      disputeComment(input: $input) { __typename ...DisputeDone ...Refused }
    }
  `,
  [DisputeSuccessFragment, UserErrorsFragment],
);

export const DisputeAssignMutation = graphql(
  `
    mutation DisputeAssign($input: DisputeAssignInput!) {
      disputeAssign(input: $input) { __typename ...DisputeDone ...Refused }
    }
  `,
  [DisputeSuccessFragment, UserErrorsFragment],
);

export const DisputeDeadlineMutation = graphql(
  `
    mutation DisputeDeadlineSet($input: DisputeDeadlineSetInput!) {
      disputeDeadlineSet(input: $input) { __typename ...DisputeDone ...Refused }
    }
  `,
  [DisputeSuccessFragment, UserErrorsFragment],
);

export const DisputeAcceptMutation = graphql(
  `
    mutation DisputeAccept($input: DisputeAcceptInput!) {
      disputeAccept(input: $input) { __typename ...DisputeDone ...Refused }
    }
  `,
  [DisputeSuccessFragment, UserErrorsFragment],
);

export const DisputeRejectMutation = graphql(
  `
    mutation DisputeReject($input: DisputeRejectInput!) {
      disputeReject(input: $input) { __typename ...DisputeDone ...Refused }
    }
  `,
  [DisputeSuccessFragment, UserErrorsFragment],
);

export const DisputeWithdrawMutation = graphql(
  `
    mutation DisputeWithdraw($input: DisputeWithdrawInput!) {
      disputeWithdraw(input: $input) { __typename ...DisputeDone ...Refused }
    }
  `,
  [DisputeSuccessFragment, UserErrorsFragment],
);

export const AttachmentRemoveMutation = graphql(
  `
    mutation AttachmentRemove($input: AttachmentRemoveInput!) {
      attachmentRemove(input: $input) { __typename ...DisputeDone ...Refused }
    }
  `,
  [DisputeSuccessFragment, UserErrorsFragment],
);

export type DisputeLine = FragmentOf<typeof DisputeLineFragment>;
export type DisputeState = DisputeLine["state"];
export type DisputeReason = DisputeLine["reason"];
export type DisputeFilter = NonNullable<VariablesOf<typeof DisputesQuery>["filter"]>;
export type DisputeDetail = Extract<
  NonNullable<ResultOf<typeof DisputeQuery>["node"]>,
  { readonly __typename: "Dispute" } | { __typename: "Dispute" }
>;
export type Attachment = DisputeDetail["attachments"][number];
