/** A server that is down, frozen or hangs up: every call fails in time, and works again afterwards. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { openMongo } from "../../src/backend/mongo/index.ts";
import { find, prepare, RECEIVED, selectorOf } from "../backend/mongo/helpers.ts";
import { testOptions } from "../helpers/backends.ts";
import { buildFerret, freePort, startFerret, type TestServer } from "../helpers/ferretdb.ts";
import { mongoSkip, mongoUrl, newDatabase, rawClient } from "../helpers/mongo.ts";
import { TcpProxy } from "../helpers/tcp-proxy.ts";

const UNAVAILABLE = { name: "EventStoreError", code: "EVT_BACKEND_UNAVAILABLE", retryable: true };
const canBuild = await buildFerret().then(
  () => true,
  () => false,
);

/** Runs a call that must fail within five seconds; returns its error. */
async function failure(call: () => Promise<unknown>): Promise<Error> {
  const started = performance.now();
  const error = await call().then(
    () => expect.fail("the call succeeded"),
    (reason) => reason as Error,
  );
  expect(performance.now() - started).toBeLessThan(5000);
  expect(error).toMatchObject(UNAVAILABLE);
  return error;
}

/** One call of every kind. */
const CALLS: Record<string, (backend: Backend) => Promise<unknown>> = {
  append: (backend) => backend.append([prepare({})], RECEIVED),
  get: (backend) => backend.get("id"),
  find: (backend) => find(backend),
  arrivals: (backend) => backend.arrivals(undefined, 1),
  count: (backend) => backend.count({ selector: selectorOf() }),
  estimate: (backend) => backend.estimate(),
  "archive by id": (backend) => backend.archive({ ids: ["id"] }, 0n, 1),
  "archive by selector": (backend) => backend.archive({ selector: selectorOf() }, 0n, 1),
  unarchive: (backend) => backend.unarchive(["id"]),
  purge: (backend) => backend.purge(RECEIVED, 1),
  "marked events": (backend) => backend.alerts.marked("rules", 1),
  unmark: (backend) => backend.alerts.unmark("rules", ["id"]),
  "read records": (backend) => backend.alerts.list("groups", { limit: 1 }),
  "write records": (backend) =>
    backend.alerts.write("groups", [{ _id: "id", version: 2, state: "", dueMs: null, updatedMs: 0, body: {} }]),
  ping: (backend) => backend.ping(),
};

describe("a server that is down", () => {
  it("fails open in time, naming the place and no credentials", async () => {
    const port = await freePort();
    const url = `mongodb://user:secret@127.0.0.1:${port}/lab?retryWrites=false`;
    const error = await failure(() => openMongo(url, testOptions()));
    expect(error.message).toContain(`mongodb://127.0.0.1:${port}/lab`);
    expect(error.message).not.toMatch(/secret|user|retryWrites|ECONNREFUSED/);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it("is told from a URL that is none", async () => {
    const error = { code: "EVT_INVALID_OPTION", message: expect.not.stringContaining("secret") };
    await expect(openMongo("mongodb://user:secret@:x", testOptions())).rejects.toMatchObject(error);
  });
});

describe.skipIf(!canBuild)("a frozen server", () => {
  let server: TestServer;
  let backend: Backend;
  beforeAll(async () => {
    server = await startFerret();
    backend = await openMongo(server.url, testOptions({ database: newDatabase() }));
    await backend.append([prepare({ _id: "id" })], RECEIVED);
    process.kill(Number(server.pid), "SIGSTOP");
  });
  afterAll(() => server.stop());

  it("fails every call in time", async () => {
    await Promise.all(Object.values(CALLS).map((call) => failure(() => call(backend))));
  });

  it("fails open in time", async () => {
    await failure(() => openMongo(server.url, testOptions()));
  });

  it("is used again when it goes on, and what was in doubt is stored once", async () => {
    const doubtful = prepare({ _id: "doubtful" });
    await failure(() => backend.append([doubtful], RECEIVED));
    process.kill(Number(server.pid), "SIGCONT");
    await backend.ping();
    const [outcome] = await backend.append([doubtful], RECEIVED);
    expect(["stored", "duplicate"]).toContain(outcome?.status);
    expect(await backend.count({ selector: selectorOf({ _id: "doubtful" }) })).toBe(1);
    await backend.close();
  });
});

describe.skipIf(mongoSkip)("a server that hangs up", () => {
  let proxy: TcpProxy;
  let backend: Backend;
  const database = newDatabase();
  beforeAll(async () => {
    proxy = await TcpProxy.to(Number(new URL(String(mongoUrl)).port || 27017));
    backend = await openMongo(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, testOptions({ database }));
  });
  afterAll(async () => {
    await backend.close();
    await proxy.close();
    const client = await rawClient();
    await client.db(database).dropDatabase();
    await client.close();
  });

  it("over one document keeps it as text and does not lose the neighbours", async () => {
    proxy.onClientData = (chunk) => (chunk.includes("poison") && !chunk.includes("event_data_json") ? "drop" : "pass");
    const poison = prepare({ _id: "p", event_data: { poison: true } });
    const batch = [prepare({ _id: "a" }), poison, prepare({ _id: "b" }), prepare({ _id: "c" })];
    const outcomes = await backend.append(batch, RECEIVED);
    expect(outcomes.map(({ status }) => status)).toEqual(["stored", "stored", "stored", "stored"]);
    proxy.onClientData = () => "pass";
    expect(await find(backend)).toHaveLength(4);
    expect((await backend.get("p"))?.event_data).toEqual({ poison: true });
    expect(backend.stats().opaque).toBe(1);
  });

  it("once, by accident, leaves documents as they are", async () => {
    let drops = 1;
    proxy.onClientData = (chunk) => (chunk.includes("unlucky") && drops-- > 0 ? "drop" : "pass");
    const [outcome] = await backend.append([prepare({ _id: "u", event_data: { unlucky: true } })], RECEIVED);
    expect(outcome).toEqual({ status: "stored" });
    expect(backend.stats().opaque).toBe(1);
  });

  it("for good fails the call in time", async () => {
    proxy.onClientData = () => "pass";
    proxy.stall();
    await failure(() => backend.append([prepare({})], RECEIVED));
    proxy.flow();
    await backend.ping();
  });
});
