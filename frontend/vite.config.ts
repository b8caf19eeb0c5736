import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const server = process.env.CARTERA_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: ["chrome111", "safari16.4", "firefox113"],
    // The content security policy allows files of this origin only: nothing may become a data: address.
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { collector: "index.html", portal: "p/index.html" } },
  },
  server: {
    proxy: Object.fromEntries(
      ["/graphql", "/session", "/portal", "/imports", "/sandbox"].map((path) => [
        path,
        { target: server, ws: path === "/graphql" },
      ]),
    ),
  },
});
