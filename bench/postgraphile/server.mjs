// PostGraphile 5 as in production: no explain, no GraphiQL, no watching; one process, a pool as large as ours.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { pgSmartTags } from "postgraphile/utils";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const { DATABASE_URL, ORGANIZATION, PORT, POOL_SIZE } = process.env;

// An account names its latest promise without a foreign key; PostGraphile is told of it.
const latestPromise = pgSmartTags({
  kind: "class",
  match: "account",
  tags: { foreignKey: "(organization_id, promise_id) references promise (organization_id, id)|@fieldName latestPromise" },
});

const preset = {
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  plugins: [latestPromise],
  // Our indexes begin with the organization, so it would take no column for sortable.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({
      connectionString: DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: Number(POOL_SIZE) },
      pgSettings: () => ({ role: "cartera_app", "app.organization": ORGANIZATION }),
    }),
  ],
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false, websockets: false },
};

const server = createServer();
const serv = postgraphile(preset).createServ(grafserv);
await serv.addTo(server);
server.listen(Number(PORT), "127.0.0.1");
