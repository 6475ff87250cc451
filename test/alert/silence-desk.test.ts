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
