/** The transport ships to MADSci's own Python server, which knows only single events. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEventStream } from "../../transports/pino.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { startPythonServer } from "./python-server.ts";
import { pythonWith } from "./venv.ts";

const python = await pythonWith("0.7.1");
const skip = mongoSkip ?? ("missing" in python ? python.missing : undefined);
const NODE = "01JNDE00000000000000000001";
const LINES = 60;

interface PythonEvent {
  readonly event_type: string;
  readonly log_level: number;
  readonly source: { readonly node_id: string | null };
  readonly event_data: Record<string, unknown>;
}

describe.skipIf(skip)(`MADSci's server${skip ? ` (skipped: ${skip})` : ""}`, () => {
  it("gets every line once, with level, source, error and its own types", async () => {
    if ("missing" in python) throw new Error(python.missing);
    const database = newDatabase();
    onTestFinished(() => dropDatabase(database));
    const server = await startPythonServer({ python: python.path, mongoUrl: String(mongoUrl), database });
    onTestFinished(() => server.stop());
    const dir = mkdtempSync(join(tmpdir(), "madsci-events-python-spool-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));

    const stream = createEventStream({ url: server.url, spool: { dir }, close: { networkMs: 8000, totalMs: 8000 } });
    const log = pino({ base: null }, stream).child({ node_id: NODE });
    for (let n = 1; n <= LINES; n++) log.info({ n, event_type: "action_start" }, "line");
    log.error({ n: LINES + 1, err: new RangeError("too far") }, "failed");
    log.warn({ n: LINES + 2, event_type: "lamp_old" }, "a type of our own");
    await new Promise<void>((resolve) => stream.end(resolve));
    expect(stream.stats()).toMatchObject({ in: LINES + 2, acknowledged: LINES + 2, pending: 0, dropped: 0 });

    const response = await fetch(`${server.url}/events?number=500`);
    const all = Object.values((await response.json()) as Record<string, PythonEvent>);
    const ours = all.filter(({ event_data }) => typeof event_data?.n === "number");
    const numbers = ours.map(({ event_data }) => event_data.n as number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: LINES + 2 }, (_, at) => at + 1));
    expect(new Set(ours.map(({ source }) => source.node_id))).toEqual(new Set([NODE]));
    const byNumber = (n: number) => ours.find(({ event_data }) => event_data.n === n);
    expect(byNumber(1)).toMatchObject({ event_type: "action_start", log_level: 20, event_data: { seq: 1 } });
    expect(byNumber(LINES + 1)).toMatchObject({ log_level: 40, event_data: { error: { type: "RangeError" } } });
    expect(byNumber(LINES + 2)).toMatchObject({ event_type: "unknown", event_data: { event_type: "lamp_old" } });
  });
});
