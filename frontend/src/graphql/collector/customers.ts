import { UserErrorsFragment } from "./actions.ts";
import { AuditFragment } from "./audit.ts";
import { type FragmentOf, graphql, type ResultOf, type VariablesOf } from "./graphql.ts";

/** One row of the worklist. */
export const CustomerRowFragment = graphql(`
  fragment CustomerRow on Customer {
    id
    name
    externalId
    collector { id name }
    account {
      balance { amount currencyCode }
      overdue { amount currencyCode }
      lacksRate
      balances {
        currencyCode
        balance { amount currencyCode }
        overdue { amount currencyCode }
        aging { bucket amount { amount currencyCode } }
      }
      reasons { code points sentence amount { amount currencyCode } days count total date }
      lastContactAt
      lastContactKind
      latestPromise { id state dueOn amount { amount currencyCode } }
      nextActionAt
      nextActionKind
    }
  }
`);

export const WorklistQuery = graphql(
  `
    query Worklist($first: Int!, $after: String, $filter: CustomerFilter, $orderBy: CustomerOrder) {
      customers(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
        edges { node { ...CustomerRow } }
        pageInfo { hasNextPage endCursor }
      }
    }
  `,
  [CustomerRowFragment],
);

/** Count and amounts of a view: asked apart, so that the rows need not wait for them. */
export const WorklistTotalsQuery = graphql(`
  query WorklistTotals($filter: CustomerFilter) {
    customers(first: 1, filter: $filter) {
      totalCount
      totals { balance { amount currencyCode } overdue { amount currencyCode } }
    }
  }
`);

export const CustomerRowQuery = graphql(
  `
    query CustomerRowById($id: ID!) {
      node(id: $id) { ...CustomerRow }
    }
  `,
  [CustomerRowFragment],
);

export const NextTaskQuery = graphql(`
  query NextTask($id: ID!) {
    node(id: $id) {
      ... on Customer { id nextTask { id kind dueAt note } }
    }
  }
`);

export const OpenReceivableFragment = graphql(`
  fragment OpenReceivable on Receivable {
    id
    number
    kind
    issuedOn
    dueOn
    daysOverdue
    isOverdue
    agingBucket
    amount { amount currencyCode }
    balance { amount currencyCode }
    state
    isDisputed
    isPromised
    isOnHold
    isInPlan
  }
`);

export const CustomerQuery = graphql(
  `
    query Customer($id: ID!) {
      node(id: $id) {
        __typename
        ... on Customer {
          id
          name
          externalId
          taxId
          segment
          industry
          group
          tags
          country
          timeZone
          creditLimit { amount currencyCode }
          collector { id name }
          salesperson { id name }
          account {
            balance { amount currencyCode }
            overdue { amount currencyCode }
            lacksRate
            balances {
              currencyCode
              balance { amount currencyCode }
              overdue { amount currencyCode }
              unapplied { amount currencyCode }
              aging { bucket amount { amount currencyCode } }
            }
            openCount
            overdueCount
            oldestDueOn
            delayDays
            maturedCount
            lateCount
            reasons { code points sentence amount { amount currencyCode } days count total date }
            lastContactAt
            lastContactKind
            lastPaymentOn
            latestPromise { id state dueOn lastDay amount { amount currencyCode } }
            nextActionAt
            nextActionKind
          }
          contacts { id name role email emailState phone phoneState isPrimary }
          nextTask { id kind dueAt note }
          receivables(first: 100, filter: { openOnly: true }, orderBy: { field: DUE_ON, direction: ASC }) {
            edges { node { ...OpenReceivable } }
            pageInfo { hasNextPage }
            totalCount
          }
        }
      }
    }
  `,
  [OpenReceivableFragment],
);

export const TimelineItemFragment = graphql(
  `
    fragment Timeline on TimelineItem {
      __typename
      ... on Activity { id kind outcome happenedAt note member { id name } }
      ... on Message {
        id channel template messageState: state plannedFor sentAt heldBy heldReason subject sentTo failure
      }
      ... on Payment { id amount { amount currencyCode } method receivedOn recordedAt reference }
      ... on Promise {
        id
        amount { amount currencyCode }
        received { amount currencyCode }
        dueOn
        promiseState: state
        promiseChannel: channel
        note
        createdAt
        member { id name }
      }
      ... on Dispute {
        id reason amount { amount currencyCode } disputeState: state openedOn deadlineOn note
        receivable { id number }
      }
      ... on CreditNote { id number issuedOn amount { amount currencyCode } }
      ... on AuditEntry { ...Audited }
    }
  `,
  [AuditFragment],
);

export const TimelineQuery = graphql(
  `
    query CustomerTimeline($id: ID!, $first: Int!, $after: String) {
      node(id: $id) {
        __typename
        ... on Customer {
          id
          timeline(first: $first, after: $after) {
            edges { node { ...Timeline } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  `,
  [TimelineItemFragment],
);

export const CustomerAssignMutation = graphql(
  `
    mutation CustomerAssign($input: CustomerAssignInput!) {
      customerAssign(input: $input) {
        __typename
        ... on CustomerAssignSuccess { customers { id collector { id name } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export type CustomerRow = FragmentOf<typeof CustomerRowFragment>;
export type Account = CustomerRow["account"];
export type Reason = Account["reasons"][number];
export type OpenReceivable = FragmentOf<typeof OpenReceivableFragment>;
export type TimelineItem = FragmentOf<typeof TimelineItemFragment>;
export type Customer = Extract<
  NonNullable<ResultOf<typeof CustomerQuery>["node"]>,
  { readonly __typename: "Customer" } | { __typename: "Customer" }
>;
export type CustomerFilter = NonNullable<VariablesOf<typeof WorklistQuery>["filter"]>;
export type CustomerOrder = NonNullable<VariablesOf<typeof WorklistQuery>["orderBy"]>;
