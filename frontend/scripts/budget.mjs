// Fails when a first load weighs more than promised: every file that the page needs before anything is clicked,
// as compress.mjs packed it and the server sends it. Parts that are fetched later are not counted.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const dist = new URL("../dist/", import.meta.url).pathname;
const KB = 1024;
const BUDGETS = [
  { app: "collector", page: "index.html", js: 80 * KB, all: Infinity },
  { app: "portal", page: "p/index.html", js: 20 * KB, all: 30 * KB },
];
const weigh = (file) => statSync(join(dist, `${file}.br`), { throwIfNoEntry: false })?.size ?? statSync(join(dist, file)).size;

function firstLoad(app, page) {
  const manifest = JSON.parse(readFileSync(join(dist, `.vite/${app}.json`), "utf8"));
  const files = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    chunk.css?.forEach((file) => files.add(file));
    chunk.imports?.forEach(visit);
  };
  visit(page);
  // The one language that a visitor loads, beside what the page names itself.
  visit(`src/i18n/${app}/es.json`);
  // A single style sheet stands apart in the manifest.
  if (manifest["style.css"]) files.add(manifest["style.css"].file);
  return [...files];
}

let failed = false;
for (const { app, page, js, all } of BUDGETS) {
  const files = firstLoad(app, page);
  const scripts = files.filter((file) => file.endsWith(".js")).reduce((sum, file) => sum + weigh(file), 0);
  const total = files.reduce((sum, file) => sum + weigh(file), 0) + weigh(page);
  const over = scripts > js || total > all;
  failed ||= over;
  const limit = all === Infinity ? "" : ` of ${all / KB}`;
  const figures = `JS ${(scripts / KB).toFixed(1)} of ${js / KB} KB, all ${(total / KB).toFixed(1)}${limit} KB`;
  console.log(`${over ? "OVER" : "ok  "} ${page}: ${figures}`);
}
process.exit(failed ? 1 : 0);
