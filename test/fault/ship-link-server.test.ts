/** The store's side dies in the middle of a delivery: everything is stored once it is back, and nothing twice. */
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { TcpProxy } from "../helpers/tcp-proxy.ts";
import { App, drain, folderOf } from "./ship/app.ts";
import { FaultServer } from "./ship/fault-server.ts";
import { expectWhole, storedIn } from "./ship/oracle.ts";
import { ReplyCutter } from "./ship/reply-cutter.ts";
import { serving } from "./ship/scene.ts";

const ROUNDS = Math.max(1, Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 10));
const HASTE = { retry: { minMs: 50, maxMs: 200 }, batch: { maxWaitMs: 20, maxEvents: 300 } };
const LINES = 300;
/** Uncompressed batches of this size take several packets. */
const SIZE = 2000;
const CUTS = 7;

it(`a server killed after half a request, and after storing without an answer (${ROUNDS} times)`, async () => {
  const folder = folderOf("link-server");
  const database = `sqlite:${join(folder, "events.db")}`;
  let served = await serving(database);
  const port = Number(new URL(served.url).port);
  const fault = await FaultServer.before(served.url);
  const proxy = await TcpProxy.to(port);
  onTestFinished(() => proxy.close());
  const url = `http://127.0.0.1:${proxy.port}`;
  const options = { ...HASTE, url, compression: "none", spool: { dir: join(folder, "half") } };
  const mute = { ...options, url: fault.url, spool: { dir: join(folder, "mute") } };
  const restart = async () => {
    expect(await served.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
    served = await serving(database, port);
  };

  for (let round = 0; round < ROUNDS; round++) {
    let bytes = 0;
    const half = new Promise<void>((resolve) => {
      proxy.onClientData = (chunk) => {
        bytes += chunk.length;
        if (bytes < 150_000) return "pass";
        served.child.kill("SIGKILL");
        resolve();
        return "drop";
      };
    });
    const app = new App({
      options,
      run: `half${round}`,
      steps: [
        ["log", LINES, { size: SIZE }],
        ["until", "end"],
      ],
    });
    await half;
    proxy.onClientData = () => "pass";
    await restart();
    app.go("end");
    expect(await app.ended).toMatchObject({ code: 0 });

    await fault.be({ mode: "committed" });
    const before = fault.committed;
    const steps = [["log", LINES], ["until", "end"], ["settled"], ["stats"]] as const;
    const other = new App({ options: mute, run: `mute${round}`, steps });
    await expect.poll(() => fault.committed, { timeout: 20_000 }).toBeGreaterThan(before);
    const down = served.end("SIGKILL");
    await fault.be({ mode: "pass" });
    await down;
    await restart();
    other.go("end");
    expect(await other.ended).toMatchObject({ code: 0 });
    expect(other.told.stats?.duplicates).toBeGreaterThan(0);
  }
  await drain(options);
  await drain(mute);
  const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
  const emitted = Object.fromEntries(
    rounds.flatMap((round) => [`half${round}`, `mute${round}`].map((run) => [run, LINES])),
  );
  expectWhole({ emitted, stored: await storedIn(database) });
});

describe.skipIf(mongoSkip)(`MongoDB${mongoSkip ? ` (skipped: ${mongoSkip})` : ""}`, () => {
  it("connections cut when a batch is inserted and not yet answered", async () => {
    const name = newDatabase();
    onTestFinished(() => dropDatabase(name));
    const cutter = await ReplyCutter.before(Number(new URL(String(mongoUrl)).port), CUTS);
    onTestFinished(() => cutter.close());
    const dir = join(folderOf("link-mongo"), "spool");
    const options = { ...HASTE, url: `mongodb://127.0.0.1:${cutter.port}/${name}`, spool: { dir } };
    const app = new App({ options, run: "cut", steps: [["pace", 2000, 10], ["settled"], ["stats"]] });
    expect(await app.ended).toMatchObject({ code: 0 });
    // The store's own second try may find what the first has left, and rightly calls it stored.
    expect(cutter.left).toBe(0);
    expect(app.told.stats).toMatchObject({ acknowledged: 2000, pending: 0 });
    await drain(options);
    expectWhole({ emitted: 2000, stored: await storedIn(String(mongoUrl), name) });
  });
});
