/** What is open at a window's end: events after it tell whether it went on, so that parts of a window add up to the whole. */
import { describe, expect, it } from "vitest";
import { EventStore } from "../../src/index.ts";
import { sessions } from "../../src/report/index.ts";
import { sweep } from "../../src/report/sweep.ts";
import { action, N, sent, W } from "./node-stream.ts";
import { total } from "./spans.ts";
import { historyOf, MINUTE, micros, span, told } from "./stream.ts";

const start = (time: string) => told(time, "workcell_start", W, { nodes: { arm: "http://arm" } });
const stop = (time: string) => told(time, "workcell_stop", W);
const up = (time: string) => told(time, "node_start", N, { node_name: "arm" });

const LABS = {
  "an action that outlives its session": {
    events: [
      ...[up("07:00"), start("08:00"), action("11:00", "running"), stop("12:00")],
      ...[start("12:10"), action("13:00", "succeeded"), stop("16:00")],
    ],
    middle: "12:30",
    whole: 60 + 50,
  },
  "an action that begins before the session": {
    events: [up("07:00"), action("07:30", "running"), start("08:00"), action("10:00", "succeeded"), stop("16:00")],
    middle: "09:00",
    whole: 120,
  },
  "an action during which its node starts again": {
    events: [up("07:00"), start("08:00"), action("09:00", "running"), up("09:30"), action("10:00", "succeeded")],
    middle: "09:45",
    whole: 60,
  },
  "an action of which an engine alone tells, just begun": {
    events: [start("08:00"), up("09:00"), sent("12:00", "start"), sent("12:20", "complete")],
    middle: "12:00:05",
    whole: 20,
  },
  "an action on its way to its node, which begins it late": {
    events: [
      ...[start("08:00"), up("09:00"), sent("12:00", "start"), action("12:10", "running")],
      ...[action("12:20", "succeeded"), sent("12:20", "complete")],
    ],
    middle: "12:05",
    whole: 10,
  },
  "an action that never ends, of a session that does": {
    events: [up("07:00"), start("08:00"), action("11:00", "running"), stop("12:00"), start("12:10"), stop("16:00")],
    middle: "12:30",
    whole: 60,
  },
};

const [FROM, TO] = ["06:00", "17:00"];

describe.each(Object.entries(LABS))("%s", (_, { events, middle, whole }) => {
  const busy = async (from: string, to: string) => {
    const { nodes } = await historyOf(events, span(from, to));
    return nodes.reduce((sum, node) => sum + total(node.busy), 0) / MINUTE;
  };

  it("is the same in the two parts of a window as in the whole", async () => {
    expect(await busy(FROM, TO)).toBe(whole);
    expect((await busy(FROM, middle)) + (await busy(middle, TO))).toBe(whole);
  });
});

describe("what comes after a window", () => {
  const { events } = LABS["an action that outlives its session"];
  const later = [1, 2, 3].map((day) => told(`2025-06-1${day}T00:00`, "node_status_update", N));

  it("is read no further than it makes a difference", async () => {
    let read = 0;
    async function* pages() {
      for (const event of [...events, ...later]) {
        read++;
        yield [event];
      }
    }
    await sweep(pages(), span(FROM, "12:30"));
    // Up to the first one after the end of the action.
    expect(read).toBe(events.length);
    read = 0;
    await sweep(pages(), span(FROM, "10:00"));
    // Nothing was open: up to the first one after the window.
    expect(read).toBe(3);
  });

  it("adds nothing else", async () => {
    const hidden = [told("12:40", "node_error", { node_id: "M" }, { node_name: "other" }), ...later];
    const window = span(FROM, "12:30");
    expect(await historyOf([...events, ...hidden], window)).toEqual(await historyOf(events, window));
  });

  it("is read from a store, too", async () => {
    await using store = await EventStore.open("memory:", { naiveTimezone: "UTC" });
    const ulid = (letter: string) => `01JYKZDPANTNRYXF5TQKRJS0F${letter}`;
    await store.append(
      events.map(({ instant, event_type, source, event_data }) => ({
        event_type,
        event_timestamp: new Date(Number(instant / 1000n)).toISOString(),
        source: Object.fromEntries(Object.entries(source).map(([key, id]) => [key, ulid(String(id))])),
        event_data,
      })),
    );
    const hours = async (from: string, to: string) => {
      const window = { from: new Date(micros(from) / 1000), to: new Date(micros(to) / 1000) };
      const { overall_summary } = await sessions(store, window);
      return overall_summary.node_summary[ulid("N")]?.total_busy_time_hours;
    };
    expect(await hours(FROM, "12:30")).toBeCloseTo((60 + 20) / 60, 2);
    expect(await hours("12:30", TO)).toBeCloseTo(0.5, 2);
  });
});
