import { type FragmentOf, graphql } from "./graphql.ts";

export const AuditFragment = graphql(`
  fragment Audited on AuditEntry {
    id
    happenedAt
    action
    noun
    subjectId
    sentence
    address
    before { name value }
    after { name value }
  }
`);

export const AuditQuery = graphql(
  `
    query CustomerAudit($id: ID!, $first: Int!, $after: String) {
      node(id: $id) {
        __typename
        ... on Customer {
          id
          audit(first: $first, after: $after) {
            edges { node { ...Audited } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  `,
  [AuditFragment],
);

export type Audited = FragmentOf<typeof AuditFragment>;
