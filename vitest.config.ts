import { defineConfig } from "vitest/config";
import { stateHome } from "./test/helpers/state-home.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/*.test.mjs"],
    exclude: ["test/fault/**", "test/interop/**"],
    globalSetup: ["test/helpers/global-setup.ts"],
    env: { XDG_STATE_HOME: stateHome() },
    testTimeout: 30_000,
    hookTimeout: 120_000,
    pool: "forks",
    // Each file would load the drivers and the server afresh: a fifth of the whole time.
    isolate: false,
    // One more than the smallest machine has cores: many tests wait for processes and clocks.
    maxWorkers: 3,
  },
});
