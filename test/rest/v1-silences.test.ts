/** /v1/silences: strict bodies, 201 for a new one, DELETE ends one. */
import { expect, it } from "vitest";
import { EventStoreError } from "../../src/errors.ts";
import { fakeDesk } from "./fake-desk.ts";
import { openServer } from "./server.ts";

const GOOD = {
  selector: { rule: "node-error" },
  ends_at: "2026-01-01T12:00:00Z",
  author: "Ada",
  comment: "planned\nmaintenance",
};
const WEEKLY = { days: [1, 5], from: "22:00", to: "06:00", timezone: "Europe/Berlin" };

it("makes a silence, lists it, and ends it", async () => {
  const alerts = fakeDesk();
  await using server = await openServer({ alerts });
  const made = await server.post("/v1/silences", { ...GOOD, starts_at: 1_767_261_600_000, weekly: WEEKLY });
  expect([made.status, made.json]).toEqual([
    201,
    {
      silence_id: "s0",
      ...GOOD,
      starts_at: "2026-01-01T10:00:00.000Z",
      ends_at: "2026-01-01T12:00:00.000Z",
      weekly: WEEKLY,
    },
  ]);
  const { json } = await server.get("/v1/silences?state=active,pending");
  expect(json).toEqual({ items: [made.json], cursor: null });
  const ended = await server.send({ method: "DELETE", url: "/v1/silences/s0" });
  expect([ended.status, ended.json.silence_id]).toEqual([200, "s0"]);
  expect((await server.send({ method: "DELETE", url: "/v1/silences/nope" })).json.detail).toBe(
    "No silence has this id",
  );
  expect(alerts.asked.map(([name, given]) => [name, given])).toEqual([
    ["silence", { ...GOOD, starts_at: 1_767_261_600_000, weekly: WEEKLY }],
    ["silences", { limit: 100, states: ["pending", "active"] }],
    ["expireSilence", "s0"],
    ["expireSilence", "nope"],
  ]);
});

it("takes 24:00 as the end of a day", async () => {
  await using server = await openServer({ alerts: fakeDesk() });
  const weekly = { ...WEEKLY, from: "00:00", to: "24:00" };
  const { status, json } = await server.post("/v1/silences", { ...GOOD, weekly });
  expect([status, json.weekly]).toEqual([201, weekly]);
});

it("takes null for no weekly hours", async () => {
  await using server = await openServer({ alerts: fakeDesk() });
  const { status, json } = await server.post("/v1/silences", { ...GOOD, weekly: null, starts_at: null });
  expect([status, json.weekly]).toEqual([201, null]);
});

it.each([
  [{ selector: undefined }, "/selector"],
  [{ selector: [] }, "/selector"],
  [{ selector: {} }, "/selector"],
  [{ ends_at: undefined }, "/ends_at"],
  [{ ends_at: "soon" }, "/ends_at"],
  [{ starts_at: {} }, "/starts_at"],
  [{ author: undefined }, "/author"],
  [{ author: "a\u0007" }, "/author"],
  [{ comment: "" }, "/comment"],
  [{ nope: 1 }, "/nope"],
  [{ weekly: [] }, "/weekly"],
  [{ weekly: { ...WEEKLY, days: [] } }, "/weekly/days"],
  [{ weekly: { ...WEEKLY, days: [7] } }, "/weekly/days"],
  [{ weekly: { ...WEEKLY, from: "24:00" } }, "/weekly/from"],
  [{ weekly: { ...WEEKLY, to: "6:00" } }, "/weekly/to"],
  [{ weekly: { ...WEEKLY, timezone: "Mars/Olympus" } }, "/weekly/timezone"],
  [{ weekly: { ...WEEKLY, until: "now" } }, "/weekly/until"],
])("refuses a silence with %j by a pointer", async (change, pointer) => {
  const alerts = fakeDesk();
  await using server = await openServer({ alerts });
  const { status, json } = await server.post("/v1/silences", { ...GOOD, ...change });
  expect([status, json.errors[0].pointer]).toEqual([422, pointer]);
  expect(alerts.asked).toEqual([]);
});

it("points into the selector that the desk refuses", async () => {
  const issues = [{ type: "value_error", loc: ["rule", "$where"], msg: "not allowed", input: null }];
  const error = new EventStoreError("EVT_INVALID_SELECTOR", "rule.$where: not allowed", { issues });
  await using server = await openServer({ alerts: fakeDesk({ but: { silence: () => Promise.reject(error) } }) });
  const { status, json } = await server.post("/v1/silences", GOOD);
  expect([status, json.type, json.errors[0].pointer]).toEqual([
    422,
    "urn:madsci-events:problem:invalid-selector",
    "/selector/rule/$where",
  ]);
});
