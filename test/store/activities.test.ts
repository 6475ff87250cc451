/** What a report takes from a store: its span, and what has to be known from before a window. */
import { expect, it, onTestFinished } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { EventStore } from "../../src/index.ts";
import type { ActivitiesOptions } from "../../src/store/activities.ts";

const DAY = 86_400_000;
const FROM_MS = Date.UTC(2025, 5, 10);
const instant = (ms: number) => BigInt(ms) * 1000n;

async function storeOf(events: readonly EventInput[]): Promise<EventStore> {
  const store = await EventStore.open("memory:", { naiveTimezone: "UTC" });
  onTestFinished(() => store.close());
  await store.append(events);
  return store;
}

async function read(store: EventStore, options: ActivitiesOptions = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of store.activities(options)) ids.push(...page.map(({ _id }) => _id));
  return ids;
}

const event = (_id: string, event_type: string, days: number) => ({
  _id,
  event_type,
  event_timestamp: new Date(FROM_MS + days * DAY),
});

const EVENTS = [
  event("lab long ago", "lab_start", -4000),
  event("node long ago", "node_start", -32),
  event("workflow long ago", "workflow_start", -31.001),
  event("workflow before", "workflow_start", -31),
  event("action before", "action_start", -1),
  event("first", "action_complete", 0),
  event("line", "log_info", 0.5),
  event("last", "workcell_stop", 0.999),
  event("behind", "workcell_start", 1),
];
const WINDOW = { from: instant(FROM_MS), to: instant(FROM_MS + DAY) };

it("gives states from the beginning, and actions and workflows of the month before, then the window", async () => {
  const store = await storeOf(EVENTS);
  const before = ["lab long ago", "node long ago", "workflow before", "action before"];
  expect(await read(store, WINDOW)).toEqual([...before, "first", "last"]);
  const all = EVENTS.map(({ _id }) => _id).filter((id) => id !== "line");
  expect(await read(store)).toEqual(all);
});

it("counts archived events unless told otherwise", async () => {
  const store = await storeOf(EVENTS);
  await store.archive({ ids: ["first", "node long ago"] });
  expect(await read(store, WINDOW)).toContain("first");
  const rest = await read(store, { ...WINDOW, includeArchived: false });
  expect(rest).toEqual(["lab long ago", "workflow before", "action before", "last"]);
});

it("knows its first and last instant, of any event", async () => {
  const store = await storeOf([]);
  expect(await store.span()).toBeUndefined();
  await store.append([event("b", "log_info", 3), event("a", "log_info", -3.5), event("c", "node_start", 0)]);
  await store.archive({ ids: ["b"] });
  expect(await store.span()).toEqual({ first: instant(FROM_MS - 3.5 * DAY), last: instant(FROM_MS + 3 * DAY) });
});

it("ends with the reason when nobody wants it any more, and with an error when closed", async () => {
  const store = await storeOf(EVENTS);
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await expect(read(store, { signal: controller.signal })).rejects.toThrow("enough");
  await store.close();
  expect(() => store.activities()).toThrow("the store is closed");
  expect(() => store.span()).toThrow("the store is closed");
});
