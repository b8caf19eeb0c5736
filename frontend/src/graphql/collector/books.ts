import { UserErrorsFragment } from "./actions.ts";
import { type FragmentOf, graphql, type ResultOf, type VariablesOf } from "./graphql.ts";

/** What the screens of payments, credit notes and receivables read and do. Fetched with the first of them. */

const PaymentLineFragment = graphql(`
  fragment PaymentLine on Payment {
    id
    amount { amount currencyCode }
    allocated { amount currencyCode }
    unapplied { amount currencyCode }
    reversed { amount currencyCode }
    method
    receivedOn
    reference
  }
`);

const CreditNoteLineFragment = graphql(`
  fragment CreditNoteLine on CreditNote {
    id
    number
    issuedOn
    amount { amount currencyCode }
    applied { amount currencyCode }
    unapplied { amount currencyCode }
    isAnnulled
    reason
  }
`);

const AllocationFragment = graphql(`
  fragment Allocated on Allocation {
    id
    amount { amount currencyCode }
    spent { amount currencyCode }
    rate
    allocatedOn
    exchangeDifference { amount currencyCode }
    receivable { id number }
  }
`);

const ReceivableLineFragment = graphql(`
  fragment ReceivableLine on Receivable {
    id
    number
    kind
    issuedOn
    dueOn
    daysOverdue
    isOverdue
    amount { amount currencyCode }
    charges { amount currencyCode }
    settled { amount currencyCode }
    balance { amount currencyCode }
    state
  }
`);

export const PaymentsQuery = graphql(
  `
    query CustomerPayments($id: ID!) {
      node(id: $id) {
        __typename
        ... on Customer { id payments { ...PaymentLine } }
      }
    }
  `,
  [PaymentLineFragment],
);

export const CreditNotesQuery = graphql(
  `
    query CustomerCreditNotes($id: ID!) {
      node(id: $id) {
        __typename
        ... on Customer { id creditNotes { ...CreditNoteLine } }
      }
    }
  `,
  [CreditNoteLineFragment],
);

export const ReceivablesQuery = graphql(
  `
    query CustomerReceivables($id: ID!, $first: Int!, $after: String, $openOnly: Boolean!) {
      node(id: $id) {
        __typename
        ... on Customer {
          id
          receivables(
            first: $first
            after: $after
            filter: { openOnly: $openOnly }
            orderBy: { field: DUE_ON, direction: DESC }
          ) {
            edges { node { ...ReceivableLine } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  `,
  [ReceivableLineFragment],
);

/**
 * Whatever a customer's page opens over itself: a payment, a credit note or a document. A plan is asked for by
 * itself: its fields have the names of theirs and other types.
 */
export const DetailQuery = graphql(
  `
    query Detail($id: ID!) {
      node(id: $id) {
        __typename
        ... on Payment {
          ...PaymentLine
          recordedAt
          customer { id }
          allocations { ...Allocated }
          reversals { kind amount { amount currencyCode } reversedOn reason }
          deductions { id kind amount { amount currencyCode } effectiveOn note }
          history { id happenedAt sentence }
        }
        ... on CreditNote {
          ...CreditNoteLine
          customer { id }
          allocations { ...Allocated }
          history { id happenedAt sentence }
        }
        ... on Receivable {
          ...ReceivableLine
          settledOn
          purchaseOrder
          customer { id }
          chargeLines { id balance { amount currencyCode } }
          entries {
            id
            kind
            amount { amount currencyCode }
            effectiveOn
            valueOn
            taxDocumentNeeded
            note
          }
        }
        ... on Plan { id planReference: reference }
      }
    }
  `,
  [PaymentLineFragment, CreditNoteLineFragment, AllocationFragment, ReceivableLineFragment],
);

export const BooksQuery = graphql(`
  query Books {
    viewer {
      organization {
        id
        baseCurrency
        closedThrough
        discountPercent
        discountDays
        writeOffLimit { amount currencyCode }
      }
    }
  }
`);

export const PaymentRecordMutation = graphql(
  `
    mutation PaymentRecord($input: PaymentRecordInput!) {
      paymentRecord(input: $input) {
        __typename
        ... on PaymentRecordSuccess { payment { id unapplied { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const CreditApplyMutation = graphql(
  `
    mutation CreditApply($input: CreditApplyInput!) {
      creditApply(input: $input) {
        __typename
        ... on PaymentSuccess { payment { id unapplied { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PaymentUnallocateMutation = graphql(
  `
    mutation PaymentUnallocate($input: PaymentUnallocateInput!) {
      paymentUnallocate(input: $input) {
        __typename
        ... on PaymentSuccess { payment { id unapplied { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PaymentReverseMutation = graphql(
  `
    mutation PaymentReverse($input: PaymentReverseInput!) {
      paymentReverse(input: $input) {
        __typename
        ... on PaymentSuccess { payment { id reversed { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const CreditNoteRecordMutation = graphql(
  `
    mutation CreditNoteRecord($input: CreditNoteRecordInput!) {
      creditNoteRecord(input: $input) {
        __typename
        ... on CreditNoteSuccess { creditNote { id unapplied { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const CreditNoteApplyMutation = graphql(
  `
    mutation CreditNoteApply($input: CreditNoteApplyInput!) {
      creditNoteApply(input: $input) {
        __typename
        ... on CreditNoteSuccess { creditNote { id unapplied { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const CreditNoteAnnulMutation = graphql(
  `
    mutation CreditNoteAnnul($input: CreditNoteAnnulInput!) {
      creditNoteAnnul(input: $input) {
        __typename
        ... on CreditNoteSuccess { creditNote { id isAnnulled } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const WriteOffMutation = graphql(
  `
    mutation ReceivableWriteOff($input: ReceivableWriteOffInput!) {
      receivableWriteOff(input: $input) {
        __typename
        ... on ReceivableSuccess { receivables { id state balance { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const ReinstateMutation = graphql(
  `
    mutation ReceivableReinstate($input: ReceivableChangeInput!) {
      receivableReinstate(input: $input) {
        __typename
        ... on ReceivableSuccess { receivables { id state balance { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const CancelReceivableMutation = graphql(
  `
    mutation ReceivableCancel($input: ReceivableChangeInput!) {
      receivableCancel(input: $input) {
        __typename
        ... on ReceivableSuccess { receivables { id state balance { amount currencyCode } } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PeriodCloseMutation = graphql(
  `
    mutation PeriodClose($input: PeriodCloseInput!) {
      periodClose(input: $input) {
        __typename
        ... on OrganizationSuccess { organization { id closedThrough } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PeriodReopenMutation = graphql(
  `
    mutation PeriodReopen($input: PeriodReopenInput!) {
      periodReopen(input: $input) {
        __typename
        ... on OrganizationSuccess { organization { id closedThrough } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const SettlementPolicyMutation = graphql(
  `
    mutation SettlementPolicySet($input: SettlementPolicySetInput!) {
      settlementPolicySet(input: $input) {
        __typename
        ... on OrganizationSuccess {
          organization { id discountPercent discountDays writeOffLimit { amount currencyCode } }
        }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

type Node = NonNullable<ResultOf<typeof DetailQuery>["node"]>;
export type PaymentDetail = Extract<Node, { __typename: "Payment" }>;
export type CreditNoteDetail = Extract<Node, { __typename: "CreditNote" }>;
export type ReceivableDetail = Extract<Node, { __typename: "Receivable" }>;
export type PaymentLine = FragmentOf<typeof PaymentLineFragment>;
export type CreditNoteLine = FragmentOf<typeof CreditNoteLineFragment>;
export type Allocated = FragmentOf<typeof AllocationFragment>;
export type ReceivableLine = FragmentOf<typeof ReceivableLineFragment>;
export type PaymentInput = VariablesOf<typeof PaymentRecordMutation>["input"];
export type PaymentMethod = PaymentInput["method"];
export type AllocationInput = NonNullable<PaymentInput["allocations"]>[number];
export type AllocationRule = NonNullable<PaymentInput["rule"]>;
export type DeductionInput = NonNullable<PaymentInput["deductions"]>[number];
export type DeductionReason = DeductionInput["reason"];
export type DisputeReason = NonNullable<DeductionInput["disputeReason"]>;
export type ReversalKind = VariablesOf<typeof PaymentReverseMutation>["input"]["kind"];
