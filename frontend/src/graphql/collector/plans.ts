import { UserErrorsFragment } from "./actions.ts";
import { type FragmentOf, graphql, type ResultOf, type VariablesOf } from "./graphql.ts";

/** What the screens of payment plans read and do. Fetched with the first of them. */

const InstalmentFragment = graphql(`
  fragment PlanInstalment on Instalment {
    number
    dueOn
    lastDay
    debt { amount currencyCode }
    interest { amount currencyCode }
    amount { amount currencyCode }
    owed { amount currencyCode }
    paid { amount currencyCode }
    state
  }
`);

const PlanLineFragment = graphql(
  `
    fragment PlanLine on Plan {
      id
      reference
      state
      total { amount currencyCode }
      startsOn
      endsOn
      endedOn
      lateCount
      needsApproval
      approvedAt
      instalments { ...PlanInstalment }
    }
  `,
  [InstalmentFragment],
);

const PlanFullFragment = graphql(
  `
    fragment PlanFull on Plan {
      ...PlanLine
      agreementPath
      principal { amount currencyCode }
      charges { amount currencyCode }
      chargesForgiven { amount currencyCode }
      principalForgiven { amount currencyCode }
      downPayment { amount currencyCode }
      interest { amount currencyCode }
      annualPercent
      dayCount
      defaultAfter
      graceBankingDays
      note
      createdAt
      activatedOn
      member { id name }
      approver { id name }
      receivables { id number dueOn balance { amount currencyCode } }
    }
  `,
  [PlanLineFragment],
);

export const PlansQuery = graphql(
  `
    query CustomerPlans($id: ID!) {
      node(id: $id) {
        __typename
        ... on Customer { id plans { ...PlanLine } }
      }
    }
  `,
  [PlanLineFragment],
);

export const PlanQuery = graphql(
  `
    query Plan($id: ID!) {
      node(id: $id) {
        __typename
        ... on Plan { ...PlanFull }
      }
    }
  `,
  [PlanFullFragment],
);

export const PlanPolicyQuery = graphql(`
  query PlanPolicy {
    planPolicy {
      maxInstalments
      maxDays
      maxChargesPercent
      maxPrincipalPercent
      collectorChargesPercent
      collectorPrincipalPercent
      defaultAfter
      graceBankingDays
    }
  }
`);

export const PlanProjectQuery = graphql(
  `
    query PlanProject($input: PlanProjectInput!) {
      planProject(input: $input) {
        __typename
        ... on PlanProjection {
          instalments {
            number
            dueOn
            debt { amount currencyCode }
            interest { amount currencyCode }
            amount { amount currencyCode }
            balance { amount currencyCode }
          }
          principal { amount currencyCode }
          charges { amount currencyCode }
          forgiven { amount currencyCode }
          interest { amount currencyCode }
          total { amount currencyCode }
          needsApproval
        }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PlanProposeMutation = graphql(
  `
    mutation PlanPropose($input: PlanProposeInput!) {
      planPropose(input: $input) {
        __typename
        ... on PlanProposeSuccess { plan { id reference needsApproval } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PlanApproveMutation = graphql(
  `
    mutation PlanApprove($input: PlanStepInput!) {
      planApprove(input: $input) {
        __typename
        ... on PlanApproveSuccess { plan { id state approvedAt } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PlanActivateMutation = graphql(
  `
    mutation PlanActivate($input: PlanStepInput!) {
      planActivate(input: $input) {
        __typename
        ... on PlanActivateSuccess { plan { id state } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PlanCancelMutation = graphql(
  `
    mutation PlanCancel($input: PlanStepInput!) {
      planCancel(input: $input) {
        __typename
        ... on PlanCancelSuccess { plan { id state } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PlanPolicyMutation = graphql(
  `
    mutation PlanPolicySet($input: PlanPolicySetInput!) {
      planPolicySet(input: $input) {
        __typename
        ... on PlanPolicySetSuccess { policy { maxInstalments } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export type PlanLine = FragmentOf<typeof PlanLineFragment>;
export type PlanFull = FragmentOf<typeof PlanFullFragment>;
export type PlanInstalment = PlanLine["instalments"][number];
export type PlanState = PlanLine["state"];
export type InstalmentState = PlanInstalment["state"];
export type PlanPolicy = ResultOf<typeof PlanPolicyQuery>["planPolicy"];
export type PlanInput = VariablesOf<typeof PlanProjectQuery>["input"];
export type PlanFrequency = NonNullable<PlanInput["instalments"]["frequency"]>;
export type DayCount = NonNullable<PlanInput["dayCount"]>;
type Projected = ResultOf<typeof PlanProjectQuery>["planProject"];
export type Projection = Extract<Projected, { __typename: "PlanProjection" }>;
