// How to test code that stores events: a store of its own for every test, empty at the start and gone at the end.
import { openTestStore } from "madsci-events/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

let store;
beforeEach(async () => {
  store = await openTestStore(); // { engine: "mongo" } for a real server
});
afterEach(() => store.close());

/** The code under test: notes that a plate was moved. */
async function movePlate(events, plate) {
  await events.append({ event_type: "action_complete", event_data: { action: "move", plate } });
}

test("a moved plate is on record", async () => {
  await movePlate(store, "P-0042");
  const moves = await store.find({ selector: { "event_data.plate": "P-0042" } }).toArray();
  expect(moves).toHaveLength(1);
});

test("the next test starts empty", async () => {
  expect(await store.count()).toBe(0);
});
