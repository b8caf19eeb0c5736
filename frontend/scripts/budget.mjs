// Fails when a first load weighs more than docs promise: every file that the page needs before anything is
// clicked, compressed as the server sends it. Lazy parts are not counted.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const KB = 1024;
const BUDGETS = [
  { page: "index.html", js: 80 * KB, all: Infinity },
  { page: "p/index.html", js: 20 * KB, all: 30 * KB },
];
// The one language that a visitor loads, beside what the page names itself.
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
const weigh = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

function firstLoad(page) {
  const files = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    chunk.css?.forEach((file) => files.add(file));
    chunk.imports?.forEach(visit);
  };
  visit(page);
  const app = page === "index.html" ? "collector" : "portal";
  visit(`src/i18n/${app}/es.json`);
  return [...files];
}

let failed = false;
for (const { page, js, all } of BUDGETS) {
  const files = firstLoad(page);
  const scripts = files.filter((file) => file.endsWith(".js")).reduce((sum, file) => sum + weigh(file), 0);
  const total = files.reduce((sum, file) => sum + weigh(file), 0) + weigh(page);
  const over = scripts > js || total > all;
  failed ||= over;
  const limit = all === Infinity ? "" : ` of ${all / KB}`;
  const figures = `JS ${(scripts / KB).toFixed(1)} of ${js / KB} KB, all ${(total / KB).toFixed(1)}${limit} KB`;
  console.log(`${over ? "OVER" : "ok  "} ${page}: ${figures}`);
}
process.exit(failed ? 1 : 0);
