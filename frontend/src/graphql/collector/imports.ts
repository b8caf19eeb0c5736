import { type FragmentOf, graphql, type VariablesOf } from "./graphql.ts";

const ImportRunFragment = graphql(`
  fragment Run on ImportRun {
    id
    fileName
    kind
    state
    isSnapshot
    asOf
    columns { header field samples }
    questions { code path sentence choices { value label } samples freeText }
    rowsTotal
    rowsRead
    rowsBad
    outcome { code count amounts { amount currencyCode } }
    notices
    failure
    createdAt
    finishedAt
    problems(first: 20) { line code sentence cells }
    badRowsUrl
  }
`);

export const ImportRunQuery = graphql(
  `
    query ImportRunById($id: ID!) {
      node(id: $id) { __typename ...Run }
    }
  `,
  [ImportRunFragment],
);

export const ImportsQuery = graphql(`
  query Imports($first: Int!) {
    imports(first: $first) {
      edges { node { id fileName kind state rowsTotal rowsBad createdAt } }
    }
  }
`);

const RefusedFragment = graphql(`
  fragment RefusedImport on UserErrors {
    errors { code message path }
  }
`);

export const ImportAnswerMutation = graphql(
  `
    mutation ImportAnswer($input: ImportAnswerInput!) {
      importAnswer(input: $input) {
        __typename
        ... on ImportAnswerSuccess { import { ...Run } }
        ...RefusedImport
      }
    }
  `,
  [ImportRunFragment, RefusedFragment],
);

export const ImportConfirmMutation = graphql(
  `
    mutation ImportConfirm($input: ImportConfirmInput!) {
      importConfirm(input: $input) {
        __typename
        ... on ImportConfirmSuccess { import { ...Run } }
        ...RefusedImport
      }
    }
  `,
  [ImportRunFragment, RefusedFragment],
);

export const ImportCancelMutation = graphql(
  `
    mutation ImportCancel($input: ImportCancelInput!) {
      importCancel(input: $input) {
        __typename
        ... on ImportCancelSuccess { import { ...Run } }
        ...RefusedImport
      }
    }
  `,
  [ImportRunFragment, RefusedFragment],
);

export type ImportRun = FragmentOf<typeof ImportRunFragment>;
export type ImportQuestion = ImportRun["questions"][number];
export type ImportKind = NonNullable<ImportRun["kind"]>;
export type ImportAnswer = VariablesOf<typeof ImportAnswerMutation>["input"];
