/** The lab pack at work: what it keeps quiet because of something else, in virtual time. */
import { describe, expect, it } from "vitest";
import { EngineBench } from "./engine-bench.ts";
import { MINUTE, SECOND } from "./lab.ts";

const WORKCELL = "01JWORKCELL000000000000001";

describe("the lab pack", () => {
  it("keeps the nodes of a stopped workcell quiet until it works again, but for what is critical, and tells of no stop", async () => {
    for (const works of [{ event_type: "workcell_start" }, { event_type: "action_start" }]) {
      const bench = new EngineBench({ labPack: true });
      await bench.start();
      const told = () => bench.told.map(({ notification }) => notification.notice.incident.labels);
      const error = (node_id: string, log_level: 40 | 50 = 40) =>
        bench.append({ event_type: "node_error", log_level, source: { workcell_id: WORKCELL, node_id } });
      bench.append({ event_type: "workcell_stop", source: { workcell_id: WORKCELL } });
      await bench.advance(MINUTE);
      error("01JNODE000000000000000000A");
      error("01JNODE000000000000000000B", 50);
      await bench.advance(MINUTE);
      expect(told()).toEqual([{ "source.node_id": "01JNODE000000000000000000B" }]);
      bench.append({ ...works, source: { workcell_id: WORKCELL } });
      await bench.advance(10 * SECOND);
      expect(told().slice(1)).toEqual([{ "source.node_id": "01JNODE000000000000000000A" }]);
      await bench.close();
    }
  });

  it("keeps the actions and steps of a lost node quiet, and those of others not", async () => {
    const bench = new EngineBench({ labPack: true });
    await bench.start();
    const source = { workcell_id: WORKCELL };
    const wrapped = (event_type: string, data: object, log_level: 30 | 40 = 40) =>
      bench.append({ event_type: "log_error", log_level, source, event_data: { event_type, ...data } });
    wrapped("node_status_update", { node_name: "pf400", error: "gone" }, 30);
    for (const node of ["pf400", "ot2"]) {
      wrapped("action_failed", { node_name: node, action_id: node });
      wrapped("workflow_step_failed", { step_node: node });
    }
    await bench.advance(MINUTE);
    const told = bench.told.map(({ notification: { notice } }) =>
      [notice.incident.rule, ...Object.values(notice.incident.labels).slice(1)].join(" "),
    );
    expect(told.sort()).toEqual(["action-failed ot2", "node-loss pf400", "step-failed ot2"]);
    await bench.close();
  });
});
