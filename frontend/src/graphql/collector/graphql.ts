import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./schema.d.ts";

/** Documents of the collectors' schema, typed from api/schema/schema.graphql. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { Date: string; DateTime: string; Decimal: string; CurrencyCode: string };
}>();

export type { FragmentOf, ResultOf, VariablesOf } from "gql.tada";
