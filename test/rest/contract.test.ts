/** The whole HTTP contract (test/data/http-contract.mjs), run from another process against every engine. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer } from "../../src/rest/index.ts";
import { EventStore } from "../../src/store/store.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";

const run = promisify(execFile);
const contract = resolve(import.meta.dirname, "../data/http-contract.mjs");
/** A server that exempts nobody, with windows small enough to be filled. */
const LIMITED = { exemptIps: [], requests: 12, windowSeconds: 10, shortRequests: 5, shortWindowSeconds: 1 };
const database = newDatabase();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "madsci-contract-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  if (mongoUrl !== undefined) await dropDatabase(database);
});

const engines = [
  { name: "sqlite in memory", url: () => "memory:", isLimited: true, skip: undefined },
  { name: "sqlite file", url: () => `sqlite:${join(folder, "events.db")}`, skip: undefined },
  { name: "mongo", url: () => String(mongoUrl), skip: mongoSkip },
];

/** Limits, whose cases must wait for their windows, are no engine's: they are tried over the first. */
describe.each(engines)("on $name", ({ url, isLimited = false, skip }) => {
  it.skipIf(skip !== undefined)("keeps every promise of the contract", { timeout: 300_000 }, async () => {
    const store = await EventStore.open(url(), { database, onWarning: () => {} });
    const [open, limited] = [createServer({ store, version: "0.1.0" }), createServer({ store, rateLimit: LIMITED })];
    try {
      const base = await open.listen({ port: 0, host: "127.0.0.1" });
      const args = [contract, base, "--allow-purge"];
      if (isLimited) args.push("--rl", await limited.listen({ port: 0, host: "127.0.0.1" }));
      const { stdout } = await run(process.execPath, args).catch((error) => error);
      expect(
        stdout
          .trim()
          .split("\n")
          .filter((line: string) => !/^(ok|soft) /.test(line)),
      ).toEqual([expect.stringMatching(/^1\d\d passed, 0 failed, 0 soft-failed$/)]);
    } finally {
      await Promise.all([open.close(), limited.close()]);
      await store.close();
    }
  });
});
