/** Starts one MongoDB server per test run and tells the suites its URL; see mongo.ts. */
import type { TestProject } from "vitest/node";
import { startMongo } from "./mongo-server.ts";

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  try {
    const server = await startMongo();
    project.provide("mongoUrl", server.url);
    project.provide("mongoServer", server.name);
    return server.stop;
  } catch (error) {
    if (process.env.REQUIRE_MONGO === "1") throw error;
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(`\n  MONGODB TESTS ARE SKIPPED: ${reason}\n  (REQUIRE_MONGO=1 makes this a failure)\n`);
    project.provide("mongoUrl", undefined);
    project.provide("mongoServer", reason);
    return undefined;
  }
}
