import { defineConfig } from "vitest/config";
import { stateHome } from "./test/helpers/state-home.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/*.test.mjs"],
    exclude: ["test/fault/**"],
    globalSetup: ["test/helpers/global-setup.ts"],
    env: { XDG_STATE_HOME: stateHome() },
    testTimeout: 30_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
