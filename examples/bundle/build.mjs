// node examples/bundle/build.mjs [FOLDER]: bundles both applications with esbuild. What comes out needs no node_modules.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [outdir = "bundled"] = process.argv.slice(2);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const pino = createRequire(createRequire(import.meta.url).resolve("pino"));
// Drivers are loaded on first use; leave out what this application does not use.
const external = ["mongodb", "@photostructure/sqlite", "@opentelemetry/api"];
const common = { bundle: true, platform: "node", target: "node20", outdir, external, logLevel: "error" };
// pino is CommonJS: its require() must come from somewhere.
const REQUIRE = `import { createRequire as requireFrom } from "node:module";
const require = requireFrom(import.meta.url);`;
// pino finds its workers by path, at run time; this says where they are now.
const WORKERS = `import { fileURLToPath as pathOf } from "node:url";
const __filename = pathOf(import.meta.url), __dirname = pathOf(new URL(".", import.meta.url));
globalThis.__bundlerPathsOverrides = {
  "thread-stream-worker": pathOf(new URL("./thread-stream-worker.cjs", import.meta.url)),
  "madsci-events/pino": pathOf(new URL("./events-worker.mjs", import.meta.url)),
};`;

const esm = { ...common, format: "esm", outExtension: { ".js": ".mjs" } };
await build({ ...esm, entryPoints: [here("in-process.mjs")], banner: { js: REQUIRE } });
await build({ ...esm, entryPoints: [here("worker.mjs")], banner: { js: `${REQUIRE}\n${WORKERS}` } });
await build({ ...esm, entryPoints: { "events-worker": "madsci-events/pino" }, banner: { js: REQUIRE } });
await build({
  ...common,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  entryPoints: { "thread-stream-worker": pino.resolve("thread-stream/lib/worker.js") },
});
