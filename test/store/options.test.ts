/** What a caller gets wrong is named before anything is read or changed. */
import { expect, it } from "vitest";
import { newId } from "../../src/event/id.ts";
import { EventStore } from "../../src/store/store.ts";

type Call = (store: EventStore) => unknown;
const any = (value: unknown) => value as never;

it.each<[string, Call, string]>([
  ["an unknown order", (store) => store.find({ order: any("ascending") }), 'order must be "newest" or "oldest"'],
  ["another time", (store) => store.find({ by: any("received_at") }), "by must be"],
  [
    "unknown names",
    (store) => store.find(any({ include_archived: true })),
    'unknown option "include_archived" of find',
  ],
  ["no object", (store) => store.find(any(5)), "find takes an object"],
  ["fields as text", (store) => store.find({ fields: any("_id") }), "fields must be a list of texts"],
  ["count with offset", (store) => store.count(any({ offset: 3 })), 'unknown option "offset" of count'],
  ["ids as text", (store) => store.archive({ ids: any("ab") }), "ids must be a list of texts"],
  ["ids as numbers", (store) => store.archive({ ids: any([1]) }), "ids must be a list of texts"],
  ["unarchive of text", (store) => store.unarchive(any("ab")), "ids must be a list of texts"],
  ["get of nothing", (store) => store.get(any(undefined)), "id must be a text"],
  ["purge of nothing", (store) => store.purge(any({})), "archivedBefore"],
  ["purge by id", (store) => store.purge(any({ ids: ["a"] })), 'unknown option "ids" of purge'],
])("refuses %s", async (_what, call, message) => {
  await using store = await EventStore.open("memory:");
  await store.append([{ _id: "a" }, { _id: "b" }]);
  const refused = async () => call(store);
  await expect(refused()).rejects.toMatchObject({
    code: "EVT_INVALID_OPTION",
    message: expect.stringContaining(message),
  });
  expect(await store.count()).toBe(2);
});

it("refuses to open what is no URL", async () => {
  await expect(EventStore.open(any(undefined))).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
});

it("takes an event that cannot be read for invalid, and stores its neighbours", async () => {
  await using store = await EventStore.open("memory:");
  const bad = {
    toJSON() {
      throw new Error("boom");
    },
  };
  const results = await store.append([{ _id: "a" }, { _id: "x", event_data: any(bad) }, { _id: "b" }]);
  expect(results.map(({ status }) => status)).toEqual(["stored", "invalid", "stored"]);
  const alone = store.append({ event_data: any(bad) });
  await expect(alone).rejects.toMatchObject({ code: "EVT_INVALID_EVENT", message: expect.stringContaining("boom") });
});

it("makes ids of a given time without touching the order of its own", () => {
  expect(newId(1)).toMatch(/^0000000001/);
  expect(() => newId(1e18)).toThrow(expect.objectContaining({ code: "EVT_INVALID_OPTION" }));
  newId(2 ** 48 - 1);
  const [first, second] = [newId(), newId()];
  expect(first < second).toBe(true);
  expect(first.startsWith("7")).toBe(false);
});
