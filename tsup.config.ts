import { defineConfig } from "tsup";

/** One entry per public subpath; shared code lands in chunks. ESM only: Node ≥ 20.19 can require() it. */
export default defineConfig({
  entry: {
    index: "src/index.ts",
    sqlite: "src/backend/sqlite/index.ts",
    mongo: "src/backend/mongo/index.ts",
    pino: "transports/pino.ts",
    fastify: "src/rest/index.ts",
    testing: "src/store/testing.ts",
    "cli/main": "src/cli/main.ts",
  },
  format: "esm",
  target: "node20",
  platform: "node",
  dts: { entry: {
    index: "src/index.ts",
    sqlite: "src/backend/sqlite/index.ts",
    mongo: "src/backend/mongo/index.ts",
    pino: "transports/pino.ts",
    fastify: "src/rest/index.ts",
    testing: "src/store/testing.ts",
  } },
  clean: true,
  splitting: true,
  sourcemap: false,
  silent: true,
});
