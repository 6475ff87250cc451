/** Alerts in a real server: what keeps them quiet, what does not happen and should have. */
import { describe, expect, it } from "vitest";
import {
  buttonOf,
  HOUR,
  incidentsOf,
  MINUTE,
  NODE,
  nodeError,
  OTHER_NODE,
  openLab,
  PATIENT,
  press,
  SECOND,
  WORKCELL,
} from "./alerts-lab.ts";

describe("what is kept quiet", () => {
  it("by the link of a mail is counted, and summed up once when the hour is over", async () => {
    await using lab = await openLab(PATIENT);
    await lab.happens(nodeError());
    await lab.passes(MINUTE);
    const page = await press(lab, await buttonOf(lab, "Silence 1 h"), "Ada");
    expect(page.text).toContain("Silenced for 1 hour");
    for (let n = 0; n < 3; n++) {
      await lab.happens(nodeError(), nodeError({ source: { node_id: OTHER_NODE }, event_data: { node_name: "ot2" } }));
      await lab.passes(6 * MINUTE);
    }
    const told = (await lab.subjects()).slice(1);
    expect(told.length).toBeGreaterThan(0);
    expect(told.every((subject) => subject?.includes("ot2"))).toBe(true);
    const [silence] = (await lab.site.call("/v1/silences?state=active")).json.items;
    expect(await incidentsOf(lab)).toContainEqual(
      expect.objectContaining({ silenced_by: silence.silence_id, total: 4, sequence: 1 }),
    );
    const before = lab.smtp.messages.length;
    await lab.passes(HOUR);
    const after = (await lab.subjects()).slice(before);
    expect(after.filter((subject) => subject?.includes("pf400"))).toEqual([
      expect.stringMatching(/^\[UNSILENCED\] node_error on pf400 ×4/),
    ]);
  });

  it("because the workcell stopped is told when that is over and the trouble is not", async () => {
    await using lab = await openLab({
      rules: [...PATIENT.rules, { id: "workcell-stopped", receivers: "ops", groupWait: "1s" }],
      inhibit: [{ source: { rule: "workcell-stopped" }, target: { rule: "node-error" }, equal: "source.workcell_id" }],
    });
    await lab.happens({ event_type: "workcell_stop", source: { workcell_id: WORKCELL } });
    await lab.passes(5 * SECOND);
    const elsewhere = { source: { node_id: OTHER_NODE, workcell_id: OTHER_NODE }, event_data: { node_name: "ot2" } };
    await lab.happens(nodeError(), nodeError(), nodeError(elsewhere));
    await lab.passes(10 * MINUTE);
    const subjects = await lab.subjects();
    expect(subjects.map((subject) => subject?.match(/workcell_stop|ot2|pf400/)?.[0])).toEqual(["workcell_stop", "ot2"]);
    const quiet = (await incidentsOf(lab)).filter((one: { inhibited_by: string | null }) => one.inhibited_by !== null);
    expect(quiet).toMatchObject([{ rule: "node-error", total: 2, sequence: 0 }]);
    await lab.happens({ event_type: "workcell_start", source: { workcell_id: WORKCELL } });
    await lab.passes(MINUTE);
    expect((await lab.subjects()).slice(2).sort()).toEqual([
      expect.stringMatching(/^\[ERROR\] node_error on pf400 ×2/),
      expect.stringMatching(/^\[RESOLVED\] workcell_stop/),
    ]);
  });
});

describe("what does not happen", () => {
  const started = (action_id: string) => ({
    event_type: "action_start",
    source: { workcell_id: WORKCELL },
    event_data: { action_id, action_name: "transfer", node_name: "pf400" },
  });

  it("is told of an action that does not end, and of its end", async () => {
    await using lab = await openLab();
    await lab.happens(started("a1"));
    await lab.passes(MINUTE);
    await lab.happens({ ...started("a1"), event_type: "action_complete" }, started("a2"));
    await lab.passes(5 * MINUTE - SECOND);
    expect(lab.smtp.messages).toEqual([]);
    await lab.passes(SECOND + MINUTE);
    expect(lab.smtp.messages).toHaveLength(1);
    const [incident] = await incidentsOf(lab);
    expect(incident).toMatchObject({ rule: "hanging-action", total: 1, state: "firing" });
    expect(lab.smtp.messages[0]?.raw).toContain("pf400");
    await lab.happens({ ...started("a2"), event_type: "action_failed" });
    await lab.passes(MINUTE);
    expect((await lab.subjects())[1]).toMatch(/^\[RESOLVED\]/);
    expect(lab.smtp.messages).toHaveLength(2);
  });

  it("is told of a node that falls silent while its workcell runs, and not before or after", async () => {
    await using lab = await openLab({ rules: [{ id: "node-silent", enabled: true, within: "2m" }] });
    const source = { node_id: NODE, workcell_id: WORKCELL };
    const alive = { event_type: "node_status_update", source, event_data: { node_name: "pf400" } };
    await lab.happens(alive);
    await lab.passes(20 * MINUTE);
    expect(lab.smtp.messages).toEqual([]);
    await lab.happens({ event_type: "workcell_start", source: { workcell_id: WORKCELL } }, alive);
    for (let n = 0; n < 3; n++) {
      await lab.passes(MINUTE);
      await lab.happens(alive);
    }
    expect(lab.smtp.messages).toEqual([]);
    await lab.passes(2 * MINUTE + 30 * SECOND);
    expect(lab.smtp.messages).toHaveLength(1);
    expect(await incidentsOf(lab)).toMatchObject([{ rule: "node-silent", labels: { "source.node_id": NODE } }]);
    await lab.happens(alive);
    await lab.passes(MINUTE);
    expect((await lab.subjects())[1]).toMatch(/^\[RESOLVED\]/);
    await lab.happens({ event_type: "workcell_stop", source: { workcell_id: WORKCELL } });
    await lab.passes(HOUR);
    expect(lab.smtp.messages).toHaveLength(2);
  });
});
