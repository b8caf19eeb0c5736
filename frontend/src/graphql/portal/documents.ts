import { graphql, type ResultOf, type VariablesOf } from "./graphql.ts";

export const PortalQuery = graphql(`
  query Portal {
    portal {
      organization { name contactName contactEmail contactPhone accent }
      customer { name language }
      receivables {
        id
        number
        dueOn
        daysOverdue
        isOverdue
        amount { amount currencyCode }
        balance { amount currencyCode }
        isPromised
        isDisputed
        payable { amount currencyCode }
        promisedUntil
      }
      payments {
        id
        amount { amount currencyCode }
        receivedOn
        reference
        allocations { number amount { amount currencyCode } }
      }
      acceptsPayments
      today
    }
  }
`);

export const AttemptQuery = graphql(`
  query Attempt($id: ID!) {
    attempt(id: $id) {
      id
      state
      amount { amount currencyCode }
      payment {
        id
        amount { amount currencyCode }
        receivedOn
        reference
        allocations { number amount { amount currencyCode } }
      }
    }
  }
`);

export const PaymentStartMutation = graphql(`
  mutation PaymentStart($input: PaymentStartInput!) {
    paymentStart(input: $input) {
      __typename
      ... on PaymentStartSuccess { attempt { id checkoutUrl } }
      ... on UserErrors { errors { code message path } }
    }
  }
`);

export const PromiseMakeMutation = graphql(`
  mutation PromiseMake($input: PromiseMakeInput!) {
    promiseMake(input: $input) {
      __typename
      ... on PromiseMakeSuccess { promise { id dueOn } pausedUntil }
      ... on UserErrors { errors { code message path } }
    }
  }
`);

export type Portal = ResultOf<typeof PortalQuery>["portal"];
export type Receivable = Portal["receivables"][number];
export type Payment = Portal["payments"][number];
export type Attempt = NonNullable<ResultOf<typeof AttemptQuery>["attempt"]>;
export type PaymentLine = VariablesOf<typeof PaymentStartMutation>["input"]["lines"][number];
