import { graphql, type ResultOf } from "./graphql.ts";

export const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      member { id name email }
      organization { id name country timeZone baseCurrency language accent isDemo }
      role
      scopes
      today
    }
  }
`);

export const MembersQuery = graphql(`
  query Members {
    members { id name email role }
  }
`);

export type Viewer = ResultOf<typeof ViewerQuery>["viewer"];
export type Member = ResultOf<typeof MembersQuery>["members"][number];
