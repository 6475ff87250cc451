/** What a session says of its nodes: which are listed, in what order and state. */
import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import { action, N, nodesOf, sharesOf, up, W } from "./node-stream.ts";
import { micros, span, told } from "./stream.ts";

describe("in a session", () => {
  it.each([
    ["idle", []],
    ["busy", [action("08:00", "running")]],
    ["error", [action("08:00", "running"), told("08:30", "node_error", N)]],
    ["inactive", [told("08:00", "node_stop", N)]],
    ["idle", [told("08:59", "node_stop", N)]],
    ["inactive", [told("08:58:59.999999", "node_stop", N)]],
    ["busy", [action("08:00", "running"), told("08:59:30", "node_stop", N)]],
    ["error", [told("08:00", "node_error", N), told("08:59:30", "node_stop", N)]],
    ["idle", [action("08:00", "running"), action("08:59:59", "failed")]],
  ])("a node is %s at the end", async (state, events) => {
    const shares = await sharesOf([
      ...up,
      action("07:30", "failed", "Z"),
      ...events,
      told("09:00", "workcell_stop", W),
    ]);
    expect(shares).toMatchObject([{ nodes: [{ id: "N", state }] }]);
  });

  it("a node that stops as the last thing told is idle, where nobody tells of an end", async () => {
    const start = told("08:00", "node_start", N);
    expect(await sharesOf([start, told("09:00", "node_stop", N)])).toMatchObject([{ nodes: [{ state: "idle" }] }]);
    const after = told("09:01:01", "node_start", { node_id: "M" });
    expect(await sharesOf([start, told("09:00", "node_stop", N), after])).toMatchObject([
      { nodes: [{ state: "inactive" }, {}] },
    ]);
  });

  it("nodes come in the order in which something is told of them", async () => {
    const M = { node_id: "M" };
    const events = [
      told("06:00", "node_start", N),
      told("06:01", "node_start", M),
      told("07:00", "workcell_start", W),
      action("08:00", "running", "A", M),
      action("09:00", "running", "B", N),
    ];
    expect((await sharesOf(events))[0]?.nodes.map(({ id }) => id)).toEqual(["M", "N"]);
    expect((await nodesOf(events)).map(({ id }) => id)).toEqual(["N", "M"]);
  });

  it("a silent node is listed if it is up and the workcell's own, and named if it names its nodes", async () => {
    const start = told("06:00", "node_start", N, { node_name: "arm" });
    const named = { nodes: ["arm"] };
    const listed = async (events: readonly Activity[]) =>
      (await sharesOf(events, span("07:00", "12:00"))).map(({ nodes }) => nodes.length);
    expect(await listed([start, told("07:00", "workcell_start", W, named)])).toEqual([1]);
    expect(await listed([start, told("07:00", "workcell_start", W)])).toEqual([0]);
    expect(await listed([told("07:00", "workcell_start", W, named)])).toEqual([0]);
    const gone = [start, told("06:30", "node_stop", N), told("07:00", "workcell_start", W, named)];
    expect(await listed(gone)).toEqual([0]);
    const taken = [
      start,
      told("06:10", "workcell_start", W, named),
      told("07:00", "workcell_start", W, { nodes: ["other"] }),
    ];
    expect(await listed(taken)).toEqual([0]);
  });

  it("a silent node is listed in the later sessions of the workcell it worked for", async () => {
    const first = [...up, told("07:10", "node_status_update", { ...N, ...W }), told("08:00", "workcell_stop", W)];
    const shares = await sharesOf([...first, told("09:00", "workcell_start", W)]);
    expect(shares.map(({ nodes }) => nodes.length)).toEqual([1, 1]);
  });

  it("a node's times are cut to it, and add up to the node's own", async () => {
    const events = [
      ...up,
      action("08:00", "running"),
      told("09:00", "workcell_start", W),
      action("10:00", "succeeded"),
      told("12:00", "workcell_stop", W),
    ];
    const shares = await sharesOf(events);
    expect(shares.map(({ nodes }) => nodes[0]?.busy)).toEqual([[span("08:00", "09:00")], [span("09:00", "10:00")]]);
    expect((await nodesOf(events))[0]?.busy).toEqual([{ start: micros("08:00"), end: micros("10:00") }]);
  });
});
