/** What is due while nobody leads, or while too many events wait, happens at its date all the same. */
import { describe, expect, it } from "vitest";
import type { Incident } from "../../src/alert/incident.ts";
import type { AlertOptions } from "../../src/alert/options.ts";
import { EngineBench } from "./engine-bench.ts";
import { type EventChange, MINUTE, NODE, SECOND } from "./lab.ts";

type Rules = NonNullable<AlertOptions["rules"]>;

const error: EventChange = { event_type: "node_error" };
const start: EventChange = { event_type: "action_start", event_data: { a: "1" } };
const complete: EventChange = { event_type: "action_complete", event_data: { a: "1" } };
const heard: EventChange = { event_type: "node_status_update" };

const hang = {
  ...({ id: "hang", kind: "sequence", join: "event_data.a", groupBy: [], groupWait: "0s" } as const),
  ...{ after: { event_type: "action_start" }, expect: { event_type: "action_complete" }, within: "60s" },
};
const silent = {
  ...({ id: "silent", kind: "absence", forEach: ["source.node_id"], groupWait: "0s" } as const),
  ...{ select: { event_type: "node_status_update" }, within: "60s" },
};
const match = { id: "m", select: { event_type: "node_error" }, groupBy: [], groupWait: "0s" };

interface Case {
  readonly rule: Rules[number];
  readonly first: EventChange;
  readonly second: EventChange;
  readonly afterMs: number;
  readonly said: readonly string[];
}

const cases: Record<string, Case> = {
  "a step that ended late": {
    ...{ rule: hang, first: start, second: complete, afterMs: 70 * SECOND },
    said: ["1 firing x1", "1 resolved x1"],
  },
  "a node that was heard of again": {
    ...{ rule: silent, first: heard, second: heard, afterMs: 70 * SECOND },
    said: ["1 firing x1", "1 resolved x1"],
  },
  "a condition that held long enough and then ended": {
    ...{ rule: { ...match, for: "60s", resolveWhen: { event_type: "node_start" } }, first: error },
    ...{ second: { event_type: "node_start" }, afterMs: 65 * SECOND },
    said: ["1 firing x1", "1 resolved x1"],
  },
  "an incident that was over before the next event": {
    ...{ rule: { ...match, resolveAfter: "60s" }, first: error, second: error, afterMs: 65 * SECOND },
    said: ["1 firing x1", "1 resolved x1", "2 firing x1", "2 resolved x1"],
  },
};

function told(bench: EngineBench): string[] {
  return bench.told
    .map(({ notification: { occasion, incident_id, notice } }) =>
      [incident_id.split(".")[1], occasion, `x${notice.incident.total}`].join(" "),
    )
    .sort();
}

function shapeOf({ incident_id, state, total, opened_at, first_at, last_at, resolved_at, reason }: Incident) {
  return { incident_id, state, total, opened_at, first_at, last_at, resolved_at, reason };
}

/** @param without stop leading at 55 s, and begin again 15 s after the second event */
async function lived({ rule, first, second, afterMs }: Case, without: boolean) {
  const bench = new EngineBench({ rules: [rule] });
  const before = await bench.start({ alone: false });
  bench.append(first);
  await bench.advance(55 * SECOND);
  if (without) await before.close();
  await bench.advance(afterMs - 55 * SECOND);
  bench.append(second);
  await bench.advance(5 * SECOND);
  const after = without ? await bench.start({ alone: false }) : before;
  // Each rule's second incident, where there is one, has been resolved by then.
  await bench.advance(rule === silent ? 30 * SECOND : 4 * MINUTE);
  const incidents = (await after.incidents()).items.map(shapeOf);
  await bench.close();
  return { told: told(bench), incidents };
}

describe("some seconds without a leader", () => {
  for (const [name, one] of Object.entries(cases)) {
    it(`change neither the incidents nor what is told: ${name}`, async () => {
      const calm = await lived(one, false);
      expect(calm.told).toEqual(one.said);
      expect(await lived(one, true)).toEqual(calm);
    });
  }

  it("leave an end in the last moment in time", async () => {
    const one: Case = { rule: hang, first: start, second: complete, afterMs: 60 * SECOND, said: [] };
    expect((await lived(one, true)).told).toEqual([]);
  });

  it("judge a missing node by the activity as it was when its time was up", async () => {
    const rule = { ...silent, while: { "ledger.workcell_active": true } as const };
    for (const stopMs of [58 * SECOND, 65 * SECOND]) {
      const bench = new EngineBench({ rules: [rule] });
      const before = await bench.start({ alone: false });
      bench.append({ event_type: "workcell_start", source: {} });
      bench.append(heard);
      await bench.advance(55 * SECOND);
      await before.close();
      await bench.advance(stopMs - 55 * SECOND);
      bench.append({ event_type: "workcell_stop", source: {} });
      await bench.advance(70 * SECOND - stopMs);
      await bench.start({ alone: false });
      await bench.advance(5 * MINUTE);
      expect(told(bench)).toEqual(stopMs < MINUTE ? [] : ["1 firing x1", "1 resolved x1"]);
      await bench.close();
    }
  });
});

describe("more waiting events than a round takes", () => {
  /** 30 000 arrive before the step ends in time, while nobody leads. */
  async function flooded(rule: Rules[number], first: EventChange, second: EventChange): Promise<EngineBench> {
    const all = { id: "all", select: { event_type: "log_info" }, groupBy: [], sendResolved: false, groupWait: "1h" };
    const bench = new EngineBench({ rules: [rule, all] });
    const before = await bench.start({ alone: false });
    bench.append(first);
    await bench.advance(40 * SECOND);
    await before.close();
    for (let i = 0; i < 30_000; i++) bench.add({ event_type: "log_info", source: { node_id: NODE } });
    await bench.advance(10 * SECOND);
    bench.add(second);
    await bench.advance(12 * SECOND);
    const after = await bench.start({ alone: false });
    await bench.advance(20 * SECOND);
    expect(after.stats()).toMatchObject({ events_folded: 30_001, marks_waiting: 0 });
    return bench;
  }

  it("call no step hanging whose end is among them", async () => {
    const bench = await flooded(hang, start, complete);
    expect(bench.told.filter(({ notification }) => notification.notice.incident.rule !== "all")).toEqual([]);
    await bench.close();
  }, 60_000);

  it("call no node missing that is heard of among them", async () => {
    const bench = await flooded(silent, heard, heard);
    expect(bench.told.filter(({ notification }) => notification.notice.incident.rule !== "all")).toEqual([]);
    await bench.close();
  }, 60_000);
});
