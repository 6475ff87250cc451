import { defineConfig } from "vitest/config";
import { stateHome } from "../helpers/state-home.ts";

/** Long tests with real processes and real signals; FAULT_ROUNDS says how many rounds. */
export default defineConfig({
  test: {
    include: ["test/fault/**/*.test.ts"],
    globalSetup: ["test/helpers/global-setup.ts"],
    env: { XDG_STATE_HOME: stateHome() },
    testTimeout: 1_200_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    pool: "forks",
  },
});
