import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type UserConfig } from "vite";

const server = process.env.CARTERA_SERVER ?? "http://127.0.0.1:8000";

const CUSTOMERS_PARTS =
  /src\/collector\/(customer|books|disputes|instruments|refusals|upload)|src\/graphql\/collector\/(books|charges|disputes|instruments|plans)\./;

// Each application is built on its own: in a shared build the portal would load the parts of Svelte that only
// the collectors' screens use, and weigh half as much again.
const collector: UserConfig["build"] = {
  manifest: ".vite/collector.json",
  modulePreload: { polyfill: false },
  // What several screens share comes in one file, not in twenty; what only a customer's parts share comes with
  // the first of them, not with the first screen.
  rolldownOptions: {
    input: "index.html",
    output: {
      codeSplitting: {
        groups: [
          { name: "shared", test: (id) => !CUSTOMERS_PARTS.test(id), minShareCount: 2, priority: 1 },
          { name: "customer", minShareCount: 2 },
        ],
      },
    },
  },
};
const portal: UserConfig["build"] = {
  manifest: ".vite/portal.json",
  emptyOutDir: false,
  // One small style sheet, so that a lazy part needs no helper to load its own.
  cssCodeSplit: false,
  modulePreload: false,
  rolldownOptions: { input: "p/index.html" },
};

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  build: {
    ...(mode === "portal" ? portal : collector),
    target: ["chrome111", "safari16.4", "firefox113"],
    // The content security policy allows files of this origin only: nothing may become a data: address.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries(
      ["/graphql", "/session", "/portal", "/imports", "/plans", "/sandbox"].map((path) => [
        path,
        { target: server, ws: path === "/graphql" },
      ]),
    ),
  },
}));
