/** MADSci's own Python client, unmodified, against our server: what it sends arrives, what it reads is what it sent. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../src/event/event.ts";
import { serve } from "../fault/server.ts";
import { runPython } from "./run-python.ts";
import { type MadsciVersion, pythonWith } from "./venv.ts";

const NODE = "01JNDE00000000000000000001";

/** An event as MADSci's client prints it. */
type PythonEvent = Omit<Event, "_id" | "log_level"> & { readonly event_id: string; readonly log_level: number };
type Listing = Readonly<Record<string, PythonEvent>>;

/** What client.py prints. */
interface Report {
  readonly version: string;
  readonly listed: Listing;
  readonly sent: readonly PythonEvent[];
  readonly read: readonly PythonEvent[];
  /** Whether Python finds them equal, big integers included. */
  readonly equal: readonly boolean[];
  readonly errors: readonly PythonEvent[];
  readonly newest: readonly PythonEvent[];
  readonly queried: Listing;
  /** Absent where the client's own method is broken. */
  readonly queried_by_method?: Listing;
  readonly missing: readonly [status: number, body: unknown];
  readonly archived: { readonly archived_count: number };
  readonly left: readonly string[];
  readonly archive: Listing;
  readonly health: Readonly<Record<string, unknown>>;
}

const VERSIONS: readonly MadsciVersion[] = ["0.7.1", "0.8.1"];
const pythons = await Promise.all(VERSIONS.map(async (version) => ({ version, python: await pythonWith(version) })));

describe.each(pythons)("MADSci's client $version", ({ version, python }) => {
  if ("missing" in python) {
    console.warn(`\n  TESTS WITH MADSCI'S CLIENT ${version} ARE SKIPPED: ${python.missing}\n`);
    return it.skip(`runs where Python has it (${python.missing})`, () => {});
  }
  let report: Report;
  let all: readonly PythonEvent[];
  const words = (text: string) => all.filter((event) => (event.event_data as { message?: string }).message === text);

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "madsci-events-interop-"));
    const served = await serve(`sqlite:${join(folder, "events.db")}`);
    try {
      report = (await runPython(python.path, "client.py", [`${served.url}/`])) as Report;
    } finally {
      await served.end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
    all = Object.values(report.listed);
  });

  it("is the version asked for", () => {
    expect(report.version).toBe(version);
  });

  it.each([
    ["debug", 10, { volume_ul: 1.5 }],
    ["info", 20, { plate: { rows: 8, wells: ["A1", "B2"] } }],
    ["warning", 30, {}],
    ["error", 40, { code: null }],
    ["critical", 50, { step: 3 }],
  ])("logs at level %s", (name, level, data) => {
    const [event, ...others] = words(`${name} words`);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ log_level: level, event_type: `log_${name}`, alert: false });
    expect(event?.event_data).toEqual({ message: `${name} words`, ...data });
  });

  it("logs exceptions as errors, and alerts with the flag", () => {
    expect(words("exception words")).toMatchObject([{ log_level: 40, event_data: { exc_info: true } }]);
    const alerts = words("alert words");
    expect(alerts.length).toBeGreaterThan(0);
    expect(alerts.every((event) => event.alert && event.log_level === 50)).toBe(true);
  });

  it("reads whole events back as it sent them", () => {
    expect(report.read).toEqual(report.sent);
    expect(report.equal).toEqual([true, true]);
    for (const event of report.sent) expect(report.listed[event.event_id]).toEqual(event);
  });

  it("lists events by their ids, the newest first, from a level on", () => {
    for (const [id, event] of Object.entries(report.listed)) expect(event.event_id).toBe(id);
    const times = all.map((event) => event.event_timestamp);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(report.newest.map((event) => event.event_id)).toEqual(Object.keys(report.listed).slice(0, 3));
    const errors = all.filter((event) => event.log_level >= 40);
    expect(report.errors).toEqual(errors);
  });

  it("finds events by selector", () => {
    const [started] = report.sent;
    expect(Object.keys(report.queried)).toEqual([started?.event_id]);
    expect(report.queried[String(started?.event_id)]).toMatchObject({
      event_type: "node_start",
      source: { node_id: NODE },
    });
    if (report.queried_by_method) expect(report.queried_by_method).toEqual({ [String(started?.event_id)]: started });
  });

  it("learns that an event is not there", () => {
    expect(report.missing).toEqual([404, { detail: "Event with ID absent not found" }]);
  });

  it("archives events, which then are in the archive only", () => {
    const [started] = report.sent;
    expect(report.archived.archived_count).toBe(1);
    expect(report.left).toEqual(Object.keys(report.listed).filter((id) => id !== started?.event_id));
    expect(Object.values(report.archive)).toEqual([{ ...started, archived: true, archived_at: expect.any(String) }]);
  });

  it("sees a healthy server that counts its events", () => {
    expect(report.health).toMatchObject({ healthy: true, db_connected: true, total_events: all.length });
  });
});
