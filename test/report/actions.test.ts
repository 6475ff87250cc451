/** When actions run: told by nodes, and by engines where nodes do not. */
import { describe, expect, it } from "vitest";
import { action, busyOf, N, nodesOf, sent, sharesOf, up, W } from "./node-stream.ts";
import { span, told } from "./stream.ts";

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
