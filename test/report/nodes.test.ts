/** When nodes were up, busy and in error; which they are, and whose. */
import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import type { Interval } from "../../src/report/types.ts";
import { historyOf, micros, span, told, wrapped } from "./stream.ts";

const day = span("00:00", "23:59");
const W = { workcell_id: "W" };
const V = { workcell_id: "V" };
const N = { node_id: "N" };
const up = [told("06:00", "node_start", N, { node_name: "arm" }), told("07:00", "workcell_start", W)];

const action = (time: string, status: string, id = "A", source: Activity["source"] = N) =>
  told(time, "action_status_change", source, { action_id: id, status });
const sent = (
  time: string,
  step: "start" | "complete" | "failed",
  id = "A",
  name = "arm",
  source: Activity["source"] = W,
) => told(time, `action_${step}`, source, { action_id: id, node_name: name });

async function nodesOf(events: readonly Activity[], window: Interval = day) {
  return (await historyOf(events, window)).nodes;
}

async function busyOf(events: readonly Activity[], window: Interval = day) {
  return (await nodesOf([...up, ...events], window))[0]?.busy;
}

async function sharesOf(events: readonly Activity[], window: Interval = day) {
  const { sessions } = await historyOf(events, window);
  return sessions.map(({ session, nodes }) => ({
    id: session.id,
    nodes: nodes.map(({ node, state, busy }) => ({ id: node.id, state, busy })),
  }));
}

describe("an action", () => {
  it.each(["running", "started", "in_progress", "ActionStatus.RUNNING"])("begins with %s", async (status) => {
    expect(await busyOf([action("08:00", status), action("09:00", "succeeded")])).toEqual([span("08:00", "09:00")]);
  });

  it.each(["completed", "succeeded", "finished", "failed", "cancelled", "unknown", "ActionStatus.SUCCEEDED"])(
    "ends with %s",
    async (status) => {
      expect(await busyOf([action("08:00", "running"), action("09:00", status)])).toEqual([span("08:00", "09:00")]);
    },
  );

  it.each(["paused", "not_started", "not_ready", "something"])("goes on with %s", async (status) => {
    const events = [
      action("08:00", "running"),
      action("08:30", status),
      action("09:00", "running"),
      action("10:00", "failed"),
    ];
    expect(await busyOf(events)).toEqual([span("08:00", "10:00")]);
  });

  it("is busy once with those beside it", async () => {
    const events = [
      action("08:00", "running"),
      action("08:30", "running", "B"),
      action("09:00", "succeeded"),
      action("10:00", "succeeded", "B"),
      action("10:00", "running", "C"),
      action("11:00", "failed", "C"),
      action("11:30", "failed", "D"),
    ];
    expect(await busyOf(events)).toEqual([span("08:00", "11:00")]);
  });

  it("of one node is not that of another, though they bear one id", async () => {
    const M = { node_id: "M" };
    const events = [
      action("08:00", "running"),
      action("08:30", "running", "A", M),
      action("09:00", "succeeded"),
      action("10:00", "failed", "A", M),
    ];
    expect((await nodesOf([...up, ...events])).map(({ busy }) => busy)).toEqual([
      [span("08:00", "09:00")],
      [span("08:30", "10:00")],
    ]);
  });

  it("that never ends stops where its node starts again", async () => {
    const again = told("09:00", "node_start", N);
    expect(await busyOf([action("08:00", "running"), again])).toEqual([span("08:00", "09:00")]);
    expect(await busyOf([action("08:00", "running"), again, action("10:00", "succeeded")])).toEqual([
      span("08:00", "10:00"),
    ]);
  });

  it("that never ends stops with the last session that saw it begin", async () => {
    const stop = told("09:00", "workcell_stop", W);
    const later = told("12:00", "workcell_start", W);
    expect(await busyOf([action("08:00", "running"), stop, later])).toEqual([span("08:00", "09:00")]);
    const lab = [told("05:00", "lab_start", { lab_id: "L" }), told("11:00", "lab_stop", { lab_id: "L" })];
    expect(await busyOf([...lab, action("08:00", "running"), stop, later])).toEqual([span("08:00", "11:00")]);
    expect(await busyOf([stop, action("10:00", "running"), later])).toEqual([]);
  });

  it("that ends lasts through a crash of its workcell", async () => {
    const events = [action("08:00", "running"), told("08:30", "workcell_start", W), action("09:00", "succeeded")];
    expect(await busyOf(events)).toEqual([span("08:00", "09:00")]);
  });

  it("counts only while a session is on", async () => {
    const events = [
      action("06:30", "running"),
      action("09:00", "succeeded"),
      action("10:00", "running"),
      told("11:00", "workcell_stop", W),
      action("12:00", "succeeded"),
    ];
    expect(await busyOf(events)).toEqual([span("07:00", "09:00"), span("10:00", "11:00")]);
  });

  it("counts only while its node is up", async () => {
    const events = [
      action("08:00", "running"),
      told("09:00", "node_stop", N),
      action("10:00", "succeeded"),
      action("11:00", "running", "B"),
      told("12:00", "node_start", N),
      action("13:00", "succeeded", "B"),
    ];
    const [node] = await nodesOf([...up, ...events]);
    expect(node?.up).toEqual([span("06:00", "09:00"), span("12:00", "23:59")]);
    expect(node?.busy).toEqual([span("08:00", "09:00"), span("12:00", "13:00")]);
  });

  it("that began before the window, or ends after it, is cut to it", async () => {
    const events = [action("08:00", "running"), action("10:00", "succeeded")];
    expect(await busyOf(events, span("09:00", "09:30"))).toEqual([span("09:00", "09:30")]);
    expect((await sharesOf([...up, ...events], span("09:00", "09:30")))[0]?.nodes).toMatchObject([{ state: "busy" }]);
    expect(await busyOf(events, span("10:00", "11:00"))).toEqual([]);
    expect(await busyOf(events, span("08:00", "10:00"))).toEqual([span("08:00", "10:00")]);
  });

  it("that begins and ends at one instant takes no time, in whichever order that is told", async () => {
    const [begin, end] = [action("08:00", "running"), action("08:00", "succeeded")];
    for (const [first, second] of [
      [begin, end],
      [end, begin],
    ] as const)
      expect(
        await busyOf([
          { ...first, _id: "0" },
          { ...second, _id: "1" },
        ]),
      ).toEqual([]);
    expect(
      await busyOf([action("08:00", "failed"), action("08:00:01", "running"), action("08:00:02", "failed")]),
    ).toEqual([span("08:00:01", "08:00:02")]);
  });

  it("bears the first id there is", async () => {
    const begin = told("08:00", "action_status_change", N, { action: "move", task_id: 7, status: "running" });
    const end = told("09:00", "action_status_change", N, {
      task_id: "x",
      action_result: { action_id: "move", status: "failed" },
    });
    expect(await busyOf([begin, end])).toEqual([span("08:00", "09:00")]);
  });
});

describe("an action an engine tells of", () => {
  it("counts where no node does", async () => {
    const events = [
      sent("08:00", "start"),
      sent("09:00", "complete"),
      sent("10:00", "start", "B"),
      sent("11:00", "failed", "B"),
      sent("11:01", "complete", "B"),
    ];
    expect(await busyOf(events)).toEqual([span("08:00", "09:00"), span("10:00", "11:00")]);
  });

  it("counts again when it is sent again", async () => {
    const events = [sent("08:00", "start"), sent("09:00", "failed"), sent("10:00", "start"), sent("11:00", "complete")];
    expect(await busyOf(events)).toEqual([span("08:00", "09:00"), span("10:00", "11:00")]);
  });

  it.each([
    ["before", ["08:00", "12:00"]],
    ["after", ["08:30", "09:30"]],
  ] as const)("does not count where a node does, be it told %s", async (_, [start, end]) => {
    const events = [
      sent(start, "start"),
      action("08:10", "running"),
      action("09:00", "succeeded"),
      sent(end, "complete"),
    ];
    expect(await busyOf(events)).toEqual([span("08:10", "09:00")]);
  });

  it("is another for each node, though they bear one id", async () => {
    const M = { node_id: "M" };
    const events = [
      told("06:00", "node_start", M, { node_name: "reader" }),
      sent("08:00", "start"),
      sent("08:30", "start", "A", "reader"),
      action("08:31", "running", "A", M),
      action("08:32", "failed", "A", M),
      sent("09:00", "complete"),
    ];
    const nodes = await nodesOf([...up, ...events]);
    expect(nodes.map(({ id, busy }) => [id, busy])).toEqual([
      ["N", [span("08:00", "09:00")]],
      ["M", [span("08:31", "08:32")]],
    ]);
  });

  it("goes on to the session's end without one", async () => {
    expect(await busyOf([sent("08:00", "start"), told("09:00", "workcell_stop", W)])).toEqual([span("08:00", "09:00")]);
  });

  it("waits a minute at the window's end for its node's own word", async () => {
    const window = span("00:00", "09:00");
    expect(await busyOf([sent("08:59:30", "start")], window)).toEqual([]);
    expect(await busyOf([sent("08:30", "start")], window)).toEqual([span("08:30", "09:00")]);
    // A node that never speaks is not waited for.
    const [mute] = await nodesOf([up[1]!, sent("08:59:30", "start")], window);
    expect(mute?.busy).toEqual([span("08:59:30", "09:00")]);
  });
});

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
});

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
