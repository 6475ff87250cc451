/** Many silences: those that hold are never lost among those that have ended, and there are not too many. */
import { describe, expect, it } from "vitest";
import type { SilenceInput } from "../../src/alert/desk.ts";
import { EngineBench, NODE_ERROR, onlyIncident } from "./engine-bench.ts";
import { HOUR, MINUTE, SECOND } from "./lab.ts";

const during = (bench: EngineBench, ms: number, selector: SilenceInput["selector"] = { rule: "node-error" }) => ({
  ...{ selector, ends_at: bench.clock.now() + ms, author: "anna", comment: "service" },
});
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: "EVT_INVALID_OPTION", message: expect.stringMatching(message) });

describe("a silence", () => {
  it("holds and is listed however many were made and ended after it", async () => {
    const bench = new EngineBench({ rules: [{ ...NODE_ERROR, resolveAfter: "never" }] });
    const engine = await bench.start();
    const { silence_id } = await engine.silence(during(bench, 5 * HOUR));
    for (let i = 0; i < 1100; i++) {
      const { silence_id: other } = await engine.silence(during(bench, HOUR, { rule: "other" }));
      bench.clock.jump(1);
      if (i > 100) await engine.expireSilence(other);
    }
    await bench.advance(2 * HOUR);
    await engine.close();
    const next = await bench.start();
    bench.append();
    await bench.advance(HOUR);
    expect(bench.told).toEqual([]);
    expect(await onlyIncident(next)).toMatchObject({ silenced_by: silence_id });
    expect((await next.silences({ states: ["active"] })).items.map((one) => one.silence_id)).toEqual([silence_id]);
    const ended: string[] = [];
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const page = await next.silences({ states: ["expired"], limit: 300, ...(cursor && { cursor }) });
      ended.push(...page.items.map((one) => one.silence_id));
      cursor = page.cursor;
    }
    expect([ended.length, new Set(ended).size]).toEqual([1100, 1100]);
    // What leaders read at each change.
    expect(await bench.memory.count("silences", ["silence"])).toBe(1);
    await bench.close();
  });

  it("is refused where there are 1000 that have not ended, until one has", async () => {
    const bench = new EngineBench();
    const engine = await bench.start();
    const first = await engine.silence(during(bench, HOUR, { rule: "other" }));
    for (let i = 1; i < 1000; i++) await engine.silence(during(bench, HOUR, { rule: "other" }));
    await expect(engine.silence(during(bench, HOUR))).rejects.toThrow(invalid(/1000 already/));
    await engine.expireSilence(first.silence_id);
    await engine.silence(during(bench, HOUR));
    await bench.close();
  });

  it("has a selector of 4 KB at most", async () => {
    const bench = new EngineBench();
    const engine = await bench.start();
    const wide = { rule: { $in: Array.from({ length: 500 }, (_, i) => `rule-${i}`) } };
    await expect(engine.silence(during(bench, HOUR, wide))).rejects.toThrow(invalid(/selector: .*4096 bytes/));
    await bench.close();
  });
});

describe("the hours of a silence", () => {
  it("may be whole days, which are not written as an end at their beginning", async () => {
    const bench = new EngineBench();
    const engine = await bench.start();
    const make = (from: string, to: string) =>
      engine.silence({ ...during(bench, HOUR), weekly: { days: [0, 6], from, to, timezone: "UTC" } });
    expect((await make("00:00", "24:00")).weekly).toMatchObject({ to: "24:00" });
    await expect(make("00:00", "00:00")).rejects.toThrow(invalid(/weekly.to: .*a whole day is 00:00 to 24:00/));
    await expect(make("24:00", "06:00")).rejects.toThrow(invalid(/weekly.from: /));
    await expect(make("00:00", "24:01")).rejects.toThrow(invalid(/weekly.to: .*at most 24:00/));
    await bench.close();
  });
});

describe("the selector of a silence", () => {
  const madeWith = async (...selectors: SilenceInput["selector"][]) => {
    const bench = new EngineBench();
    const engine = await bench.start();
    const made = selectors.map((selector) => engine.silence(during(bench, HOUR, selector)));
    const answers = await Promise.allSettled(made);
    const listed = (await engine.silences()).items;
    await bench.close();
    return {
      listed,
      said: answers.map((one) => (one.status === "rejected" ? one.reason.message : one.value.warnings)),
    };
  };

  it("may ask for what no incident has today, and that is said to whoever makes it, with the nearest there is", async () => {
    const { listed, said } = await madeWith(
      { rule: "node-error", severity: { $ne: "info" }, "labels.source.node_id": "N" },
      { rule: "node-eror" },
      { severity: "criticl", "labels.source.node_idd": "N" },
      { nope: "x" },
      { Rule: "node-error" },
    );
    expect(said).toEqual([
      undefined,
      ["there is no rule node-eror; did you mean node-error?"],
      [
        "there is no severity criticl; did you mean critical?",
        "no rule groups by source.node_idd, so no incident has that label; did you mean source.node_id?",
      ],
      [expect.stringMatching(/^there is no field nope to match/)],
      ["there is no field Rule to match; did you mean rule?"],
    ]);
    expect(listed).toHaveLength(5);
    expect(listed.filter((one) => "warnings" in one)).toEqual([]);
  });

  it("may not accept every incident, however that is written", async () => {
    const all = [
      { rule: { $exists: true } },
      { rule: { $regex: ".*" } },
      { severity: { $in: ["info", "warning", "error", "critical"] } },
      { $or: [{ rule: "a" }, { rule: { $ne: "a" } }] },
      { $nor: [{ severity: "fatal" }] },
      { "source.node_id": { $in: [null, "N"] }, $or: [{ state: { $ne: "x" } }] },
    ];
    const { said } = await madeWith(...all.slice(0, 5));
    expect(said).toEqual(Array(5).fill(expect.stringMatching(/^selector: accepts every incident/)));
    const some = [
      ...[{ rule: { $ne: "a" } }, { rule: { $regex: "^node" } }, { severity: { $in: ["info", "warning"] } }],
      ...[
        { state: "firing" },
        { event_type: { $exists: true } },
        { rule: { $not: { $regex: "^node" } } },
        all[5] ?? {},
      ],
    ];
    const { listed } = await madeWith(...some);
    expect(listed).toHaveLength(some.length);
  });
});

describe("an acknowledgement", () => {
  it("does not expire before it was made", async () => {
    const bench = new EngineBench();
    const engine = await bench.start();
    bench.append();
    await bench.advance(MINUTE);
    const { incident_id } = await onlyIncident(engine);
    const until = (ms: number) => engine.acknowledge(incident_id, { by: "anna", expires_at: bench.clock.now() + ms });
    await expect(until(0)).rejects.toThrow(invalid(/expires_at: must lie in the future/));
    expect(await onlyIncident(engine)).toMatchObject({ state: "firing" });
    expect(await until(SECOND)).toMatchObject({ state: "acknowledged" });
    await bench.close();
  });
});
