import { defineConfig } from "vitest/config";
import { stateHome } from "../helpers/state-home.ts";

/** Against MADSci's own Python client and server; installs them from PyPI where it can, and says loudly where it cannot. */
export default defineConfig({
  test: {
    include: ["test/interop/**/*.test.ts"],
    globalSetup: ["test/helpers/global-setup.ts"],
    env: { XDG_STATE_HOME: stateHome() },
    testTimeout: 60_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
