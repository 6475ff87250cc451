import { defineConfig } from "tsup";

/** The public subpaths. */
const library = {
  index: "src/index.ts",
  sqlite: "src/backend/sqlite/index.ts",
  mongo: "src/backend/mongo/index.ts",
  pino: "transports/pino.ts",
  client: "src/client/index.ts",
  alert: "src/alert/index.ts",
  report: "src/report/index.ts",
  schema: "src/schema/index.ts",
  fastify: "src/rest/index.ts",
  testing: "src/store/testing.ts",
};

/** Before a test run only the code is made anew; declarations (slow) come with `npm run build`. */
const quick = process.env.npm_lifecycle_event === "pretest";

/** One entry per public subpath; shared code lands in chunks. ESM only: Node ≥ 20.19 can require() it. */
export default defineConfig({
  entry: {
    ...library,
    "sqlite-writer": "src/backend/sqlite/writer-thread.ts",
    "report-worker": "src/rest/report-worker.ts",
    "cli/main": "src/cli/main.ts",
  },
  format: "esm",
  target: "node20",
  platform: "node",
  dts: !quick && {
    entry: library,
    // tsup's declaration build still sets baseUrl, which TypeScript 6 only takes with a word of excuse.
    compilerOptions: { ignoreDeprecations: "6.0" },
  },
  clean: !quick,
  splitting: true,
  skipNodeModulesBundle: true,
  sourcemap: false,
  silent: true,
});
