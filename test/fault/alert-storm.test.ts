/**
 * Ten thousand alerting events a second for a minute of virtual time, into the real engine on an SQLite file: every one is
 * counted, nobody gets more mails than the caps allow, and memory stays flat. 6 s where FAULT_ROUNDS is 5 or less.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it, onTestFinished } from "vitest";
import { type Alerts, openAlerts } from "../../src/alert/engine.ts";
import { functionChannel } from "../../src/alert/function-channel.ts";
import type { Incident } from "../../src/alert/incident.ts";
import type { Channel, Notification } from "../../src/alert/notification.ts";
import type { EventInput } from "../../src/event/event.ts";
import { EventStore } from "../../src/store/store.ts";
import { VirtualClock } from "../alert/virtual-clock.ts";

const SECONDS = Number(process.env.FAULT_ROUNDS ?? 60) <= 5 ? 6 : 60;
const PER_SECOND = 10_000;
const CALL = 1000;
const NODES = 100;
const RECIPIENTS = ["night@lab.example", "day@lab.example"];
const PER_HOUR = 20;
const HOUR = 3_600_000;
/** What the heap may hold more of at the end than after the first sixth; and the process, which also maps the file. */
const FLAT_HEAP_MB = 20;
const FLAT_MB = 150;

it(`counts ${SECONDS * PER_SECOND} events of ${SECONDS} s, keeps the caps, in flat memory`, async () => {
  const { store, clock } = await openStore();
  const told: Mail[] = [];
  const mail = mailLike(({ recipient, occasion }) => void told.push({ recipient, occasion, atMs: clock.now() }));
  const alerts = await openAlerts(store, { receivers: { ops: ["mail"] } }, { clock, channels: [mail] });
  onTestFinished(() => alerts.close());

  let early: Memory | undefined;
  for (let second = 0; second < SECONDS; second++) {
    for (let at = 0; at < PER_SECOND; at += CALL) {
      const stored = await store.append(
        Array.from({ length: CALL }, (_, n) => errorEvent(second * PER_SECOND + at + n)),
      );
      expect(stored.every(({ status }) => status === "stored")).toBe(true);
      await clock.advance((CALL / PER_SECOND) * 1000);
    }
    await alerts.idle();
    if (second === Math.floor(SECONDS / 6)) early = memory();
  }
  const late = memory();

  const incidents = await allIncidents(alerts);
  const byGroup = incidents.filter(({ labels }) => "source.node_id" in labels);
  expect(byGroup.reduce((sum, { total }) => sum + total, 0)).toBe(SECONDS * PER_SECOND);
  expect(byGroup).toHaveLength(NODES);
  expect(incidents.some(({ storm, labels }) => storm && !("source.node_id" in labels))).toBe(true);
  expect(alerts.stats()).toMatchObject({ marks_waiting: 0, events_folded: SECONDS * PER_SECOND, errors: 0 });
  console.log(`heap ${early?.heapMb} → ${late.heapMb} MB, process ${early?.residentMb} → ${late.residentMb} MB`);
  expect(late.heapMb - (early as Memory).heapMb).toBeLessThan(FLAT_HEAP_MB);
  expect(late.residentMb - (early as Memory).residentMb).toBeLessThan(FLAT_MB);

  // The first notices are due half a minute after the events, the digest of those beyond the caps at the full hour.
  for (let minute = 0; minute < 61; minute++) {
    await clock.advance(60_000);
    await alerts.idle();
  }
  for (const recipient of RECIPIENTS) expectWithinCaps(told.filter((one) => one.recipient === recipient));
});

/** In any hour; digests, which are what the caps lead to, come once an hour. */
function expectWithinCaps(mine: readonly Mail[]): void {
  const mails = mine.filter(({ occasion }) => occasion !== "digest");
  const most = Math.max(
    ...mails.map(({ atMs }) => mails.filter((one) => one.atMs > atMs - HOUR && one.atMs <= atMs).length),
  );
  expect(most).toBe(PER_HOUR);
  expect(mine.length - mails.length).toBeGreaterThan(0);
  expect(mine.length - mails.length).toBeLessThanOrEqual(2);
}

async function openStore() {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-storm-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new VirtualClock();
  const store = await EventStore.open(`sqlite:${join(folder, "events.db")}`, { now: () => new Date(clock.now()) });
  onTestFinished(() => store.close());
  return { store, clock };
}

/** Caps are for mail; no mail server is needed to count. */
function mailLike(send: (notification: Notification) => void): Channel {
  return { ...functionChannel("mail", { recipients: RECIPIENTS, send: async (one) => send(one) }), type: "email" };
}

interface Mail extends Pick<Notification, "recipient" | "occasion"> {
  readonly atMs: number;
}

function errorEvent(n: number): EventInput {
  return {
    event_type: "node_error",
    log_level: 30,
    source: { node_id: `01JN0DE000000000000000${1000 + (n % NODES)}` },
    event_data: { message: "gripper lost the plate", attempt: n % 7, force: (n % 1000) / 10 },
  };
}

interface Memory {
  readonly heapMb: number;
  readonly residentMb: number;
}

/** After collecting garbage, so that it is what is held. */
function memory(): Memory {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapMb: Math.round(heapUsed / 2 ** 20), residentMb: Math.round(rss / 2 ** 20) };
}

async function allIncidents(alerts: Alerts): Promise<Incident[]> {
  const all: Incident[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await alerts.incidents({ limit: 1000, ...(cursor && { cursor }) });
    all.push(...page.items);
    cursor = page.cursor;
  }
  return all;
}
