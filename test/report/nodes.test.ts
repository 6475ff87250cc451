/** When nodes are up and in error; which they are, and whose. */
import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import { action, day, N, nodesOf, sent, sharesOf, up, V, W } from "./node-stream.ts";
import { span, told, wrapped } from "./stream.ts";

describe("a node", () => {
  it("is up from its start, and was before what is told of it first if that is no start", async () => {
    expect((await nodesOf(up))[0]?.up).toEqual([span("06:00", "23:59")]);
    const [seen] = await nodesOf([told("05:00", "node_status_update", N), ...up]);
    expect(seen?.up).toEqual([day]);
    const [byName] = await nodesOf([sent("05:00", "start"), ...up]);
    expect(byName).toMatchObject({ id: "N", up: [day] });
  });

  it("is not up for others looking for it", async () => {
    const missed = told("05:00", "node_status_update", W, { node_name: "arm", error: "no answer" });
    expect(await nodesOf([missed, ...up])).toMatchObject([{ id: "N", up: [span("06:00", "23:59")] }]);
    expect(await nodesOf([missed])).toMatchObject([{ id: "arm", up: [day] }]);
  });

  it("that stopped comes up by nothing but a start", async () => {
    const events = [
      told("08:00", "node_stop", N),
      action("09:00", "running"),
      action("10:00", "succeeded"),
      told("10:30", "node_status_update", N),
    ];
    const [node] = await nodesOf([...up, ...events]);
    expect(node).toMatchObject({ up: [span("06:00", "08:00")], busy: [] });
  });

  it("that stops and starts at one instant goes on as before, in whichever order that is told", async () => {
    const [stop, start] = [told("08:00", "node_stop", N), told("08:00", "node_start", N)];
    const later = [told("09:00", "node_stop", N), told("10:00", "node_stop", N), told("10:00", "node_start", N)];
    for (const [first, second] of [
      [stop, start],
      [start, stop],
    ] as const) {
      const pair = [
        { ...first, _id: "0" },
        { ...second, _id: "1" },
      ];
      expect((await nodesOf([...up, ...pair]))[0]?.up).toEqual([span("06:00", "23:59")]);
      expect((await nodesOf([...up, ...pair, ...later]))[0]?.up).toEqual([span("06:00", "09:00")]);
    }
  });

  it.each([
    ["its start", told("09:00", "node_start", N)],
    ["a status without error", told("09:00", "node_status_update", N, { errored: false, errors: [], error: null })],
    ["an action that went well", action("09:00", "succeeded", "Z")],
  ])("is in error up to %s", async (_, over) => {
    const events = [
      told("08:00", "node_error", N),
      told("08:30", "node_error", N),
      over,
      told("10:00", "node_error", N),
    ];
    expect((await nodesOf([...up, ...events]))[0]?.error).toEqual([span("08:00", "09:00"), span("10:00", "23:59")]);
  });

  it.each([
    ["a status with an error", told("09:00", "node_status_update", N, { error: { message: "broken" } })],
    ["a status with errors", told("09:00", "node_status_update", N, { errors: ["broken"] })],
    ["a status that says so", told("09:00", "node_status_update", N, { errored: true })],
    ["an action that failed", action("09:00", "failed", "Z")],
  ])("stays in error with %s", async (_, event) => {
    const [node] = await nodesOf([...up, told("08:00", "node_error", N), event]);
    expect(node?.error).toEqual([span("08:00", "23:59")]);
  });

  it("is in error only while it is up, also from before the window", async () => {
    const events = [told("08:00", "node_error", N), told("09:00", "node_stop", N), told("10:00", "node_start", N)];
    expect((await nodesOf([...up, ...events]))[0]?.error).toEqual([span("08:00", "09:00")]);
    expect((await nodesOf([...up, ...events], span("08:30", "12:00")))[0]?.error).toEqual([span("08:30", "09:00")]);
    const well = action("08:10", "succeeded", "Z");
    expect(await nodesOf([...up, events[0]!, well], span("08:30", "12:00"))).toEqual([]);
    const before = action("07:50", "succeeded", "Z");
    expect((await nodesOf([...up, before, events[0]!], span("08:30", "12:00")))[0]?.error).toEqual([
      span("08:30", "12:00"),
    ]);
  });

  it("is the one whose name is told, also before its start tells it", async () => {
    const events = [
      told("05:00", "node_error", {}, { node_name: "arm" }),
      ...up,
      told("09:00", "node_status_update", {}, { node: "arm" }),
    ];
    const nodes = await nodesOf(events);
    expect(nodes).toMatchObject([{ id: "N", name: "arm", up: [day], error: [span("05:00", "06:00")] }]);
  });

  it("known by name alone bears it as its id", async () => {
    const nodes = await nodesOf([up[1]!, sent("08:00", "start"), sent("09:00", "complete")]);
    expect(nodes).toMatchObject([
      { id: "arm", name: "arm", busy: [span("08:00", "09:00")], workcells: new Set(["W"]) },
    ]);
  });

  it("is found in a wrapped start", async () => {
    const node_info = { node_id: "N", node_name: " arm " };
    expect(await nodesOf([wrapped("06:00", "node_start", {}, { node_info })])).toMatchObject([
      { id: "N", name: "arm" },
    ]);
  });
});

describe("a node's workcell", () => {
  const two = [told("07:00", "workcell_start", W, { nodes: ["arm"] }), told("07:00", "workcell_start", V)];

  it("is the one that names it at its start, sends it actions, or is told with it", async () => {
    const start = told("06:00", "node_start", N, { node_name: "arm" });
    const without = [told("07:00", "workcell_start", W), told("07:00", "workcell_start", V)];
    for (const events of [
      [start, ...two],
      [start, ...without, sent("08:00", "start")],
      [start, ...without, told("08:00", "node_status_update", W, { node_name: "arm" })],
      [start, ...without, action("08:00", "running", "A", { ...N, ...W })],
    ]) {
      const [node] = await nodesOf(events);
      expect(node?.workcells).toEqual(new Set(["W"]));
      expect((await sharesOf(events)).map(({ nodes }) => nodes.length)).toEqual(expect.arrayContaining([1, 0]));
    }
  });

  it("is every one where nobody says", async () => {
    const events = [
      told("07:00", "workcell_start", W),
      told("07:00", "workcell_start", V),
      action("08:00", "running"),
      action("09:00", "succeeded"),
    ];
    const busy = [span("08:00", "09:00")];
    const nodes = [{ id: "N", state: "idle", busy }];
    expect(await sharesOf(events)).toEqual([
      { id: "V", nodes },
      { id: "W", nodes },
    ]);
    expect((await nodesOf(events))[0]?.busy).toEqual(busy);
  });

  it("is told by the actions both speak of, where workcells name their nodes alike", async () => {
    const M = { node_id: "M" };
    const events = [
      told("06:00", "node_start", N, { node_name: "arm" }),
      told("06:00", "node_start", M, { node_name: "arm" }),
      told("07:00", "workcell_start", W, { nodes: { arm: "" } }),
      told("07:00", "workcell_start", V, { nodes: { arm: "" } }),
      sent("08:00", "start", "A", "arm", W),
      action("08:01", "running", "A", N),
      action("08:59", "succeeded", "A", N),
      sent("09:00", "complete", "A", "arm", W),
      sent("10:00", "start", "B", "arm", V),
      action("10:01", "running", "B", M),
      action("10:59", "succeeded", "B", M),
      sent("11:00", "complete", "B", "arm", V),
      sent("12:00", "start", "C", "arm", W),
      sent("13:00", "complete", "C", "arm", W),
    ];
    const nodes = await nodesOf(events);
    expect(nodes.map(({ id, workcells }) => [id, [...workcells]])).toEqual([
      ["N", ["W"]],
      ["M", ["V"]],
    ]);
    expect(nodes.map(({ busy }) => busy.length)).toEqual([2, 1]);
  });

  it("that has two nodes of a name has the one that works for it, else the one that works for no other", async () => {
    const M = { node_id: "M" };
    const both = [
      told("06:00", "node_start", N, { node_name: "arm" }),
      told("05:59", "node_start", M, { node_name: "arm" }),
      told("06:30", "node_status_update", { ...N, ...W }),
      told("07:00", "workcell_start", V, { nodes: ["arm"] }),
    ];
    const workcells = async (events: readonly Activity[]) =>
      Object.fromEntries((await nodesOf([...both, ...events])).map((node) => [node.id, [...node.workcells]]));
    expect(await workcells([])).toEqual({ N: ["W"], M: ["V"] });
    expect(await workcells([told("07:00", "workcell_start", W, { nodes: ["arm"] })])).toEqual({ N: ["W"], M: ["V"] });
    expect(await workcells([sent("08:00", "start", "A", "arm", { workcell_id: "U" })])).toEqual({ N: ["W"], M: ["U"] });
  });
});
