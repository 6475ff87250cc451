/** What people do and ask while the engine runs, in virtual time. */
import { describe, expect, it } from "vitest";
import type { Incident } from "../../src/alert/incident.ts";
import { EngineBench, NODE_ERROR, onlyIncident } from "./engine-bench.ts";
import { HOUR, MINUTE, SECOND } from "./lab.ts";

const ANNA = { by: "anna" };
const NEVER = { ...NODE_ERROR, resolveAfter: "never" } as const;

/** An engine with one incident that was told of at 30 s; now is a minute. */
async function told(rule: object = {}) {
  const bench = new EngineBench({ rules: [{ ...NEVER, ...rule }] });
  const engine = await bench.start();
  bench.append();
  await bench.advance(MINUTE);
  const { incident_id: id } = await onlyIncident(engine);
  return { bench, engine, id };
}

const number = ({ incident_id }: Incident) => incident_id.split(".")[1];

describe("an incident that somebody takes", () => {
  it("is not repeated any more, but tells news", async () => {
    const { bench, engine, id } = await told();
    const incident = await engine.acknowledge(id, { ...ANNA, comment: "on my way" });
    expect(incident).toMatchObject({
      state: "acknowledged",
      acknowledged_by: "anna",
      comments: [{ text: "on my way" }],
    });
    await bench.advance(5 * HOUR);
    expect(bench.said()).toEqual(["firing@30"]);
    bench.append();
    await bench.advance(MINUTE);
    expect(bench.told.length).toBe(2);
    await bench.close();
  });

  it("is repeated again once the acknowledgement has expired", async () => {
    const { bench, engine, id } = await told();
    await engine.acknowledge(id, { ...ANNA, expires_at: bench.startMs + HOUR });
    await bench.advance(5 * HOUR);
    expect(bench.said()).toEqual(["firing@30", `firing@${4 * 3600 + 30}`]);
    expect(await engine.incident(id)).toMatchObject({ state: "firing", acknowledged_by: null });
    await bench.close();
  });

  it("is told to be over when somebody says so, and the next event opens another", async () => {
    const { bench, engine, id } = await told();
    expect(await engine.resolve(id, ANNA)).toMatchObject({ state: "resolved", reason: "resolved by anna" });
    await bench.advance(SECOND);
    expect(bench.said()).toEqual(["firing@30", "resolved@60"]);
    bench.append();
    await bench.advance(MINUTE);
    expect((await engine.incidents()).items.map(number)).toEqual(["2", "1"]);
    expect(await engine.incident(id)).toMatchObject({ state: "closed", total: 1 });
    await bench.close();
  });

  it("belongs to somebody, and holds what was said about it, while events go on counting", async () => {
    const { bench, engine, id } = await told();
    const many = Array.from({ length: 10 }, async (_, n) => {
      bench.append();
      await engine.comment(id, { ...ANNA, comment: `look ${n}` });
    });
    await Promise.all([...many, engine.assign(id, { ...ANNA, assignee: "berta" })]);
    await bench.advance(MINUTE);
    const incident = await engine.incident(id);
    expect(incident).toMatchObject({ total: 11, assignee: "berta" });
    expect(new Set(incident?.comments.map(({ text }) => text)).size).toBe(10);
    await bench.close();
  });

  it("that is over is not acknowledged, resolved or given back, and says so; it still takes words", async () => {
    const { bench, engine, id } = await told();
    await engine.resolve(id, ANNA);
    const refused = async (doing: Promise<unknown>) => (await doing.catch((error: Error) => error)) as Error;
    expect((await refused(engine.acknowledge(id, { ...ANNA, comment: "mine" }))).message).toBe(
      `id: incident ${id} is resolved and cannot be acknowledged: it is over, and nobody is told of it again`,
    );
    expect((await refused(engine.resolve(id, ANNA))).message).toMatch(/is resolved and cannot be resolved/);
    await engine.assign(id, { ...ANNA, assignee: "berta" });
    const { comments } = (await engine.comment(id, { ...ANNA, comment: "it was the pump" })) ?? {};
    expect(comments?.map(({ text }) => text)).toEqual(["it was the pump"]);
    await bench.advance(10 * MINUTE);
    expect((await refused(engine.comment(id, { ...ANNA, comment: "late" }))).message).toMatch(/is closed and takes no/);
    await bench.close();
  });

  it("keeps nothing in names and words that nobody can see", async () => {
    const { bench, engine, id } = await told();
    const by = "an\u200bna\u061c";
    expect(await engine.assign(id, { by, assignee: "\u2066ber\u00adta", comment: "so\u200b\nbe it" })).toMatchObject({
      assignee: "berta",
      comments: [{ by: "anna", text: "so\nbe it" }],
    });
    await bench.close();
  });

  it("may be closed already, or nobody's", async () => {
    const { bench, engine, id } = await told();
    await engine.resolve(id, ANNA);
    await bench.advance(10 * MINUTE);
    await expect(engine.acknowledge(id, ANNA)).rejects.toMatchObject({
      code: "EVT_INVALID_OPTION",
      message: expect.stringMatching(/^id: incident \S+ is closed and cannot be acknowledged: it is over/),
    });
    expect(await engine.acknowledge(`${"0".repeat(20)}.1`, ANNA)).toBeUndefined();
    expect(await engine.resolve("nonsense", ANNA)).toBeUndefined();
    await expect(engine.resolve(id, { by: " " })).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    await bench.close();
  });
});

describe("a silence", () => {
  const during = (bench: EngineBench, ms: number) => ({
    ...{ selector: { rule: "node-error" }, ends_at: bench.clock.now() + ms, author: "anna", comment: "service" },
  });

  it("keeps incidents quiet, and its end tells each receiver once of all of them", async () => {
    const bench = new EngineBench({ rules: [NEVER] });
    const engine = await bench.start();
    const { silence_id } = await engine.silence(during(bench, HOUR));
    for (const node_id of ["a", "b", "c"]) bench.append({ source: { node_id } });
    await bench.advance(59 * MINUTE);
    expect(bench.told).toEqual([]);
    const { items } = await engine.incidents();
    expect(items.map(({ silenced_by }) => silenced_by)).toEqual([silence_id, silence_id, silence_id]);
    await bench.advance(2 * MINUTE);
    expect(bench.told.map(({ notification }) => notification.notice.others.length)).toEqual([2]);
    expect(bench.said()[0]).toMatch(/^unsilenced@360[0-5]$/);
    expect((await engine.silences({ states: ["expired"] })).items.length).toBe(1);
    await bench.close();
  });

  it("holds and ends at once when somebody says so, whatever the clock of his computer says", async () => {
    const bench = new EngineBench({ rules: [NEVER] });
    await bench.start();
    const slow = new EngineBench().clock;
    slow.jump(-20 * MINUTE);
    const elsewhere = await bench.start({ lead: false, clock: slow });
    const first = await elsewhere.silence({ ...during(bench, HOUR), selector: { rule: "nothing" } });
    await bench.advance(10 * SECOND);
    slow.jump(-20 * MINUTE);
    const { silence_id } = await elsewhere.silence(during(bench, HOUR));
    bench.append();
    await bench.advance(10 * MINUTE);
    expect(bench.told).toEqual([]);
    const ended = await elsewhere.expireSilence(silence_id);
    expect(Date.parse(String(ended?.ends_at))).toBeLessThan(bench.clock.now());
    await bench.advance(2 * MINUTE);
    expect(bench.told.length).toBe(1);
    expect(await elsewhere.expireSilence("nonsense")).toBeUndefined();
    expect(first.silence_id).not.toBe(silence_id);
    await bench.close();
  });

  it("that ended while nobody led is summed up by whoever leads next", async () => {
    const bench = new EngineBench({ rules: [NEVER] });
    const engine = await bench.start();
    await engine.silence(during(bench, HOUR));
    for (const node_id of ["a", "b", "c"]) bench.append({ source: { node_id } });
    await bench.advance(MINUTE);
    await engine.close();
    await bench.advance(2 * HOUR);
    await bench.start();
    await bench.advance(2 * MINUTE);
    expect(bench.told.map(({ notification }) => notification.occasion)).toEqual(["unsilenced"]);
    expect(bench.told[0]?.notification.notice.others.length).toBe(2);
    await bench.close();
  });

  it("is forgotten 90 days after its end, as closed incidents are", async () => {
    const bench = new EngineBench();
    const engine = await bench.start();
    await engine.silence({ ...during(bench, HOUR), selector: { rule: "nothing" } });
    bench.append();
    await bench.advance(HOUR);
    await engine.close();
    expect([await bench.memory.count("silences"), await bench.memory.count("incidents")]).toEqual([1, 1]);
    bench.clock.jump(91 * 24 * HOUR);
    await bench.start();
    await bench.advance(MINUTE);
    expect([await bench.memory.count("silences"), await bench.memory.count("incidents")]).toEqual([0, 0]);
    await bench.close();
  });
});

describe("lists", () => {
  it("page through open and closed incidents, the newest change first, each once", async () => {
    const bench = new EngineBench({ rules: [NODE_ERROR, { ...NEVER, id: "other", select: { event_type: "other" } }] });
    const engine = await bench.start();
    for (let i = 0; i < 7; i++) bench.append({ source: { node_id: `n${i}` } });
    await bench.advance(HOUR);
    for (let i = 0; i < 5; i++) {
      bench.append({ source: { node_id: `n${i}` } });
      bench.append({ source: { node_id: `n${i}` }, event_type: "other" });
    }
    await bench.advance(MINUTE);
    const found: string[] = [];
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const page = await engine.incidents({ limit: 3, ...(cursor && { cursor }) });
      expect(page.items.length).toBeGreaterThan(0);
      found.push(...page.items.map(({ incident_id }) => incident_id));
      cursor = page.cursor;
    }
    expect([found.length, new Set(found).size]).toEqual([17, 17]);
    const of = async (query: object) => (await engine.incidents(query)).items.length;
    expect([await of({ states: ["closed"] }), await of({ states: ["firing"] })]).toEqual([7, 10]);
    expect([await of({ rule: "other" }), await of({ rule: "none" })]).toEqual([5, 0]);
    await expect(engine.incidents({ cursor: "x" })).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    await expect(engine.incidents({ limit: 0 })).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    await bench.close();
  });

  it("tell of rules what was configured and how they are doing", async () => {
    const { bench, engine } = await told();
    const rules = await engine.rules();
    expect(rules.find(({ id }) => id === "node-error")).toMatchObject({
      ...{ kind: "match", enabled: true, severity: "error", group_by: ["source.node_id"], receivers: ["ops"] },
      ...{ when: { select: { event_type: "node_error" } }, events: 1, live_incidents: 1 },
    });
    await bench.close();
  });
});

describe("why", () => {
  it("names rules, incident and messages of an event, and says where it is otherwise", async () => {
    const { bench, engine, id } = await told();
    const [first] = bench.added;
    const why = await engine.why(String(first?._id));
    expect(why).toMatchObject({ rules: ["node-error"], incidents: [{ incident_id: id }] });
    expect(why?.notifications.map(({ state, occasion }) => `${occasion} ${state}`)).toEqual(["firing sent"]);
    const quiet = bench.append({ event_type: "log_info" });
    expect((await engine.why(quiet._id))?.trail).toContain("no rule of today concerns it");
    expect(await engine.why("nobody")).toBeUndefined();
    await bench.close();
    const waiting = bench.add();
    expect((await engine.why(waiting._id))?.trail).toContain("it waits to be judged");
  });
});

describe("channels", () => {
  it("are tried on purpose, past everything, for the asked recipient", async () => {
    const { bench, engine } = await told();
    expect(await engine.test("pager", "anna")).toEqual([{ recipient: "anna", delivery: { status: "sent" } }]);
    expect(bench.told.at(-1)?.notification).toMatchObject({ channel: "pager", recipient: "anna", occasion: "test" });
    expect(await engine.verify()).toEqual([
      { channel: "ops", problem: null },
      { channel: "pager", problem: null },
    ]);
    await expect(engine.verify("none")).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    await bench.close();
  });
});

describe("an engine that does not lead", () => {
  it("leaves all work to others and does what people ask, which the leader sees", async () => {
    const { bench, engine, id } = await told();
    const desk = await bench.start({ lead: false });
    expect(desk.stats().leading).toBe(false);
    await desk.acknowledge(id, ANNA);
    await bench.advance(5 * HOUR);
    expect(bench.said()).toEqual(["firing@30"]);
    expect(await engine.incident(id)).toMatchObject({ state: "acknowledged" });
    await bench.close();
  });
});
