import type { initGraphQLTada } from "gql.tada";
import type { introspection } from "./schema.d.ts";

type Typed = typeof initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { Date: string; DateTime: string; Decimal: string; CurrencyCode: string };
}>;

/**
 * Documents of the portal's schema, typed from api/schema/portal.graphql. They stay plain text: a phone on a
 * slow network must not load a parser.
 */
export const graphql = ((text: string) => text) as unknown as ReturnType<Typed>;

export type { ResultOf, VariablesOf } from "gql.tada";
