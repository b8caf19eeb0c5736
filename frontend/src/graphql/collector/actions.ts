import { graphql, type VariablesOf } from "./graphql.ts";

/** What every mutation gives when it is refused. */
export const UserErrorsFragment = graphql(`
  fragment Refused on UserErrors {
    errors { code message path }
  }
`);

export const PromiseMakeMutation = graphql(
  `
    mutation PromiseMake($input: PromiseMakeInput!) {
      promiseMake(input: $input) {
        __typename
        ... on PromiseMakeSuccess { promise { id dueOn lastDay } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const PromiseCancelMutation = graphql(
  `
    mutation PromiseCancel($input: PromiseCancelInput!) {
      promiseCancel(input: $input) {
        __typename
        ... on PromiseCancelSuccess { promise { id state } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const ActivityLogMutation = graphql(
  `
    mutation ActivityLog($input: ActivityLogInput!) {
      activityLog(input: $input) {
        __typename
        ... on ActivityLogSuccess { activity { id } task { id } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const TaskScheduleMutation = graphql(
  `
    mutation TaskSchedule($input: TaskScheduleInput!) {
      taskSchedule(input: $input) {
        __typename
        ... on TaskScheduleSuccess { task { id } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const TaskCompleteMutation = graphql(
  `
    mutation TaskComplete($input: TaskCompleteInput!) {
      taskComplete(input: $input) {
        __typename
        ... on TaskCompleteSuccess { task { id } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export const ReminderSendMutation = graphql(
  `
    mutation ReminderSend($input: ReminderSendInput!) {
      reminderSend(input: $input) {
        __typename
        ... on ReminderSendSuccess { message { id state heldReason } }
        ...Refused
      }
    }
  `,
  [UserErrorsFragment],
);

export type ActivityInput = VariablesOf<typeof ActivityLogMutation>["input"];
export type ActivityOutcome = ActivityInput["outcome"];
export type ActivityKind = ActivityInput["kind"];
export type TaskKind = VariablesOf<typeof TaskScheduleMutation>["input"]["kind"];
