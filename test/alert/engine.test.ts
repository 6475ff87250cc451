/** The engine as a whole: from an event to a message, at the very instants that are promised. */
import { describe, expect, it } from "vitest";
import { openAlerts } from "../../src/alert/engine.ts";
import { functionChannel } from "../../src/alert/function-channel.ts";
import type { Notification } from "../../src/alert/notification.ts";
import { EventStore } from "../../src/store/store.ts";
import { EngineBench, NODE_ERROR, onlyIncident, planOf } from "./engine-bench.ts";
import { FaultyRecords } from "./faulty-records.ts";
import { HOUR, MINUTE, SECOND } from "./lab.ts";

const WORKCELL = "01JWORKCELL000000000000001";

describe("an engine on a store", () => {
  it("tells of an event that a store has appended", async () => {
    await using store = await EventStore.open("memory:");
    const sent: Notification[] = [];
    const ops = functionChannel("ops", { send: (notification) => void sent.push(notification) });
    await using alerts = await openAlerts(
      store,
      { labPack: false, receivers: { ops: ["ops"] }, rules: [{ ...NODE_ERROR, groupWait: "0s" }] },
      { channels: [ops] },
    );
    await store.append([{ event_type: "node_error" }, { event_type: "log_info" }]);
    await alerts.idle();
    expect(sent.map(({ occasion, notice }) => [occasion, notice.incident.total])).toEqual([["firing", 1]]);
    expect(await alerts.notification(sent[0]!.notification_id)).toMatchObject({ state: "sent", attempts: 1 });
    expect(alerts.stats()).toMatchObject({ leading: true, marks_waiting: 0, events_folded: 1, notifications_sent: 1 });
  });

  it("goes on where the engine before it on the same store stopped", async () => {
    await using store = await EventStore.open("memory:");
    const options = {
      labPack: false,
      receivers: { ops: ["ops"] },
      rules: [{ ...NODE_ERROR, groupWait: "0s" }],
    } as const;
    const totals: number[] = [];
    for (let i = 0; i < 3; i++) {
      const ops = functionChannel("ops", { send: ({ notice }) => void totals.push(notice.incident.total) });
      await using alerts = await openAlerts(store, options, { channels: [ops] });
      await store.append([{ event_type: "node_error" }]);
      await alerts.idle();
      expect(await onlyIncident(alerts)).toMatchObject({ total: i + 1, sequence: 1 });
    }
    expect(totals).toEqual([1]);
  });
});

describe("an engine", () => {
  it("speaks at group_wait, group_interval, repeat_interval and when it is over, to the second", async () => {
    const bench = new EngineBench();
    await bench.start();
    bench.append();
    await bench.advance(40 * SECOND);
    bench.append();
    await bench.advance(5 * HOUR);
    expect(bench.said()).toEqual(["firing@30", "firing@330", `resolved@${40 + 15 * 60}`]);
    expect(bench.told.map(({ notification }) => notification.notice.incident.total)).toEqual([1, 2, 2]);
    await bench.close();
  });

  it("escalates to whom it should, when nobody has acknowledged", async () => {
    const rules = [{ ...NODE_ERROR, resolveAfter: "never" }];
    const receivers = { ops: { channels: ["ops"], escalate: [{ after: "15m", channels: ["pager"] }] } };
    const bench = new EngineBench({ rules, receivers });
    await bench.start();
    bench.append();
    await bench.advance(5 * HOUR);
    const again = `firing@${4 * 3600 + 30}`;
    expect(bench.said()).toEqual(["firing@30", "escalation@900", again, again]);
    const channels = bench.told.map(({ notification }) => notification.channel);
    expect([channels.slice(0, 2), channels.slice(2).sort()]).toEqual([
      ["ops", "pager"],
      ["ops", "pager"],
    ]);
    await bench.close();
  });

  it("closes the incident of a group for good, and opens another with the next number", async () => {
    const bench = new EngineBench();
    const engine = await bench.start();
    bench.append();
    await bench.advance(HOUR);
    bench.append();
    await bench.advance(MINUTE);
    const { items } = await engine.incidents();
    expect(items.map(({ incident_id, state }) => `${incident_id.split(".")[1]} ${state}`)).toEqual([
      "2 firing",
      "1 closed",
    ]);
    await bench.close();
  });

  it("keeps quiet what follows from another incident, and tells when that is over", async () => {
    const bench = new EngineBench({
      labPack: true,
      rules: [{ id: "workcell-stopped", receivers: "ops", groupWait: "0s" }],
    });
    const engine = await bench.start();
    bench.append({ event_type: "workcell_stop", source: { workcell_id: WORKCELL } });
    bench.append({ event_type: "workflow_step_failed", source: { workcell_id: WORKCELL } });
    bench.append({ event_type: "workflow_step_failed", source: { workcell_id: "01JWORKCELL000000000000002" } });
    await bench.advance(5 * MINUTE);
    expect(bench.told.map(({ notification }) => notification.notice.incident.rule)).toEqual([
      "workcell-stopped",
      "step-failed",
    ]);
    const { items } = await engine.incidents({ rule: "step-failed" });
    expect(items.filter(({ inhibited_by }) => inhibited_by !== null).length).toBe(1);
    bench.append({ event_type: "workcell_start", source: { workcell_id: WORKCELL } });
    await bench.advance(MINUTE);
    expect(bench.said().sort()).toEqual(["firing@0", "firing@30", "firing@300", "resolved@300"]);
    await bench.close();
  });

  it("looks at counters by itself, and says when one is back", async () => {
    const rules = [{ id: "full", kind: "ledger", counter: "disk_used_percent", over: 90, groupWait: "0s" }] as const;
    const bench = new EngineBench({ rules });
    await bench.start();
    await bench.advance(SECOND);
    bench.counters = { disk_used_percent: 95 };
    await bench.advance(MINUTE - SECOND);
    bench.counters = { disk_used_percent: 50 };
    await bench.advance(10 * SECOND);
    expect(bench.said()).toEqual(["firing@5", "resolved@65"]);
    await bench.close();
  });

  it("closes what a rule that was taken away has open, without a word", async () => {
    const bench = new EngineBench();
    const before = await bench.start();
    bench.append();
    await bench.advance(MINUTE);
    await before.close();
    const after = await bench.start({ plan: planOf({ rules: [] }) });
    bench.add();
    await bench.advance(10 * SECOND);
    expect(await onlyIncident(after)).toMatchObject({
      state: "closed",
      total: 1,
      reason: "rule node-error is not there any more",
    });
    expect(await bench.memory.count("groups")).toBe(0);
    expect(after.stats()).toMatchObject({ events_ignored: 1, marks_waiting: 0, live_incidents: 0 });
    expect(bench.said()).toEqual(["firing@30"]);
    await bench.close();
  });

  it("delays nothing when the wall clock is set back, and says nothing twice when it is set forward", async () => {
    const bench = new EngineBench();
    await bench.start();
    bench.append();
    await bench.advance(10 * SECOND);
    bench.clock.jump(-HOUR);
    await bench.advance(MINUTE);
    expect(bench.told.length).toBe(1);
    bench.clock.jump(HOUR);
    await bench.advance(MINUTE);
    expect(bench.told.filter(({ notification }) => notification.occasion === "firing").length).toBe(1);
    await bench.advance(20 * MINUTE);
    expect(bench.told.at(-1)?.notification.occasion).toBe("resolved");
    expect(new Set(bench.times().values())).toEqual(new Set([1]));
    await bench.close();
  });

  it("finds silent nodes missing after their workcell starts, also when it died just then", async () => {
    const absence = {
      ...({ id: "silent", kind: "absence" } as const),
      ...{ select: { event_type: "log_info" }, forEach: "source.node_id" },
      ...{ within: "2m", while: { "ledger.workcell_active": true } as const, groupWait: "0s" },
    };
    for (const dies of [false, true]) {
      const bench = new EngineBench({ rules: [absence] });
      let writes = 0;
      const records = new FaultyRecords(bench.memory, {
        fate: () => (dies && writes > 0 ? "lost" : "done"),
        trouble: () => new Promise(() => {}),
      });
      const { write } = records;
      records.write = async (kind, all) => {
        const written = await write(kind, all);
        if (kind === "state" && all.some(({ body }) => (body.activity as unknown[] | undefined)?.length)) writes++;
        return written;
      };
      await bench.start({ records });
      bench.append({ event_type: "log_info" });
      await bench.advance(10 * MINUTE);
      expect(bench.said()).toEqual([]);
      bench.append({ event_type: "workcell_start", source: {} });
      await bench.advance(SECOND);
      if (dies) {
        bench.engines.clear();
        await bench.start();
      }
      await bench.advance(3 * MINUTE);
      expect(bench.told.length).toBe(1);
      await bench.close();
    }
  });

  it("finds a node of one workcell missing while another workcell has stopped", async () => {
    const bench = new EngineBench({
      rules: [
        {
          ...({
            id: "silent",
            kind: "absence",
            select: { event_type: "log_info" },
            forEach: "source.node_id",
          } as const),
          ...{ within: "2m", while: { "ledger.workcell_active": true } as const, groupWait: "0s" },
        },
      ],
    });
    await bench.start();
    const [a, b] = [{ workcell_id: WORKCELL }, { workcell_id: "01JWORKCELL000000000000002" }];
    bench.append({ event_type: "workcell_start", source: a });
    bench.append({ event_type: "workcell_start", source: b });
    bench.append({ event_type: "log_info", source: { ...a, node_id: "01JNODE000000000000000000A" } });
    bench.append({ event_type: "log_info", source: { ...b, node_id: "01JNODE000000000000000000B" } });
    await bench.advance(SECOND);
    bench.append({ event_type: "workcell_stop", source: a });
    await bench.advance(5 * MINUTE);
    expect(bench.told.map(({ notification }) => notification.notice.incident.labels)).toEqual([
      { "source.node_id": "01JNODE000000000000000000B" },
    ]);
    await bench.close();
  });
});
