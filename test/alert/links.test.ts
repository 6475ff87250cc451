/** Links of messages: tokens, the secret, URLs, and what redeeming one does. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Group, newGroup } from "../../src/alert/group.ts";
import { actionToken, LINK_LIFE_MS, linkSecret, linksFor, readToken } from "../../src/alert/links.ts";
import type { Live } from "../../src/alert/live.ts";
import { groupSelector, redeem } from "../../src/alert/redeem.ts";
import { readySilence } from "../../src/alert/silence.ts";
import { selectable } from "../../src/alert/view.ts";
import type { AlertRecord, AlertRecords } from "../../src/backend/alert-records.ts";
import { fakeDesk, incident } from "../rest/fake-desk.ts";
import { EngineBench, onlyIncident } from "./engine-bench.ts";
import { ruleOf } from "./lab.ts";

const HOUR_MS = 3_600_000;
const CLAIM = { incident_id: "g.1", action: "silence_1h", expiresMs: 1000 } as const;
const RUNS = process.env.FUZZ ? 5_000 : 300;

it("reads the claim of its own token until it expires", () => {
  const token = actionToken("secret", CLAIM);
  expect(token).toMatch(/^[\w-]+\.[\w-]{43}$/);
  expect(readToken("secret", token, 999)).toEqual(CLAIM);
  expect(readToken("secret", token, 1000)).toBeUndefined();
  expect(readToken("another", token, 0)).toBeUndefined();
});

it("reads no token that differs in any character", () => {
  const token = actionToken("secret", CLAIM);
  const changed = fc.tuple(fc.nat(token.length - 1), fc.constantFrom(..."aZ9-_.=/ é\0"));
  fc.assert(
    fc.property(changed, ([at, char]) => {
      const other = token.slice(0, at) + char + token.slice(at + 1);
      expect(readToken("secret", other, 0)).toEqual(other === token ? CLAIM : undefined);
    }),
    { numRuns: RUNS },
  );
});

it("reads nothing in a text nobody signed", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readToken("secret", text, 0)).toBeUndefined();
    }),
    { numRuns: RUNS },
  );
  for (const text of ["", ".", "..", "a.b.c", `${"x".repeat(5000)}.y`, `${actionToken("secret", CLAIM)}.`]) {
    expect(readToken("secret", text, 0)).toBeUndefined();
  }
});

/** Records that hold one at most; writes fail as often as told. */
function records(failures = 0) {
  let held: AlertRecord | undefined;
  let left = failures;
  const read = async () => (held ? [held] : []);
  const write = async (_kind: string, [made]: readonly AlertRecord[]) => {
    if (held !== undefined || left-- > 0) return [false];
    held = made;
    return [true];
  };
  return { read, write } as unknown as AlertRecords;
}

it("makes the secret once, for all who ask", async () => {
  const shared = records();
  const all = await Promise.all([linkSecret(shared), linkSecret(shared), linkSecret(shared)]);
  expect(new Set([...all, await linkSecret(shared)]).size).toBe(1);
  expect(Buffer.from(all[0] ?? "", "base64url")).toHaveLength(32);
  expect(await linkSecret(records(), () => Buffer.from("random"))).toBe(Buffer.from("random").toString("base64url"));
});

it("gives up making the secret where nothing can be written", async () => {
  await expect(linkSecret(records(100))).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
});

const NOW = Date.parse("2026-01-01T10:31:00Z");

it("links to the incident, its events in its time, and its run", () => {
  const source = { workflow_id: "W", node_id: "N" };
  const sample = { _id: "a", event_type: "t", log_level: 40, event_timestamp: "", received_at: "", message: "" };
  const samples = [{ ...sample, source, event_data: null, alert: false, trace_id: null, span_id: null }];
  const labels = { "source.node_id": "N&1", event_type: "node_error", "event_data.x": "1", "source.user_id": null };
  const links = linksFor("https://lab.example.org/events/", "secret", incident("g.1", { samples, labels }), NOW);
  const base = "https://lab.example.org/events/v1";
  expect(links.open).toBe(`${base}/incidents/g.1`);
  expect(links.events).toBe(
    `${base}/events?node_id=N%261&type=node_error&from=2026-01-01T09%3A55%3A00.000Z&to=2026-01-01T10%3A35%3A00.000Z`,
  );
  expect(links.timeline).toBe(`${base}/events?workflow_id=W&order=oldest`);
  for (const action of ["acknowledge", "silence_1h", "silence_8h"] as const) {
    const url = new URL(links[action]);
    expect(url.pathname).toBe("/events/v1/incidents/g.1/act");
    const claim = { incident_id: "g.1", action, expiresMs: NOW + LINK_LIFE_MS };
    expect(readToken("secret", url.searchParams.get("token") ?? "", NOW)).toEqual(claim);
    expect(links[action]).not.toContain("secret");
  }
});

it("has no link to a run where the incident belongs to none", () => {
  expect(linksFor("https://lab.example.org", "secret", incident("g.1"), NOW).timeline).toBeNull();
});

function setUp(action: "acknowledge" | "silence_1h" | "silence_8h", fields = {}) {
  let nowMs = NOW;
  const desk = fakeDesk({ incidents: [incident("g.1", fields)], nowMs: () => nowMs });
  const token = actionToken("secret", { incident_id: "g.1", action, expiresMs: NOW + LINK_LIFE_MS });
  const use = (dry = false, by?: string) =>
    redeem({ desk, secret: "secret", nowMs }, token, { dry, ...(by && { by }) });
  const done = () => desk.asked.filter(([name]) => name === "acknowledge" || name === "silence");
  return { desk, use, done, pass: (ms: number) => (nowMs += ms) };
}

it("acknowledges once, however often it is asked", async () => {
  const { use, done } = setUp("acknowledge");
  expect(await use(true)).toMatchObject({ action: "acknowledge", done: false, incident: { state: "firing" } });
  expect(done()).toEqual([]);
  expect(await use(false, "Ada")).toMatchObject({ done: true, incident: { state: "acknowledged" } });
  expect(await use(false, "Grace")).toMatchObject({ done: true, incident: { acknowledged_by: "Ada" } });
  expect(await use(true)).toMatchObject({ done: true });
  expect(done()).toEqual([["acknowledge", "g.1", { by: "Ada" }]]);
});

it("takes an incident that is acknowledged before it fires for done", async () => {
  const { use, done } = setUp("acknowledge", { state: "pending", acknowledged_by: "Ada" });
  expect(await use()).toMatchObject({ done: true });
  expect(done()).toEqual([]);
});

it("leaves an incident that is over alone", async () => {
  const { use, done } = setUp("acknowledge", { state: "resolved" });
  expect(await use()).toMatchObject({ done: true, incident: { state: "resolved" } });
  expect(done()).toEqual([]);
});

it("silences the rule's group once, and again when the time has passed", async () => {
  const { desk, use, done, pass } = setUp("silence_1h", { labels: { "source.node_id": "N", event_type: null } });
  expect(await use(true)).toMatchObject({ action: "silence_1h", done: false });
  await use();
  expect(await use()).toMatchObject({ done: true });
  expect(done()).toHaveLength(1);
  expect(desk.quiet[0]).toMatchObject({
    selector: { rule: "node-error", "labels.role": null, "labels.source.node_id": "N", "labels.event_type": null },
    starts_at: "2026-01-01T10:31:00.000Z",
    ends_at: "2026-01-01T11:31:00.000Z",
    author: "a link in a message",
    comment: "By the link of incident g.1",
  });
  pass(HOUR_MS / 2);
  await use(false, "Ada");
  expect(desk.quiet.map(({ ends_at, author }) => [ends_at.slice(11, 16), author])).toEqual([
    ["11:31", "a link in a message"],
    ["12:01", "Ada"],
  ]);
});

it("does not silence again what somebody has ended, as long as that would have lasted", async () => {
  const bench = new EngineBench();
  const engine = await bench.start();
  bench.append();
  await bench.advance(HOUR_MS / 60);
  const { incident_id } = await onlyIncident(engine);
  const expiresMs = bench.clock.now() + LINK_LIFE_MS;
  const token = actionToken("secret", { incident_id, action: "silence_1h", expiresMs });
  const use = () => redeem({ desk: engine, secret: "secret", nowMs: bench.clock.now() }, token, { dry: false });
  const active = async () => (await engine.silences({ states: ["active"] })).items;
  await use();
  await bench.advance(HOUR_MS / 6);
  await engine.expireSilence((await active())[0]?.silence_id ?? "");
  await expect(use()).rejects.toMatchObject({
    code: "EVT_INVALID_OPTION",
    message: expect.stringMatching(/^somebody has ended the silence of this link at \d{4}-.*, and a link works once$/),
  });
  expect(await active()).toEqual([]);
  await bench.advance(HOUR_MS);
  expect(await use()).toMatchObject({ done: true });
  expect(await active()).toHaveLength(1);
  await bench.close();
});

it("takes no shorter, weekly or other silence for its own", async () => {
  const { desk, use, done } = setUp("silence_8h");
  const selector = groupSelector(incident("g.1"));
  const weekly = { days: [1], from: "08:00", to: "09:00", timezone: "UTC" };
  const more = { author: "Ada", comment: "x" };
  await desk.silence({ selector, ends_at: NOW + HOUR_MS, ...more });
  await desk.silence({ selector, ends_at: NOW + 9 * HOUR_MS, weekly, ...more });
  await desk.silence({ selector: { rule: "node-error" }, ends_at: NOW + 9 * HOUR_MS, ...more });
  await use();
  expect(done()).toHaveLength(4);
  expect(desk.quiet[3]?.ends_at).toBe("2026-01-01T18:31:00.000Z");
});

it("answers nothing for a token that expired and an incident that is gone", async () => {
  const { desk, use, pass } = setUp("acknowledge");
  desk.held.clear();
  expect(await use()).toBeUndefined();
  desk.held.set("g.1", incident("g.1"));
  pass(LINK_LIFE_MS);
  expect(await use()).toBeUndefined();
});

it("silences with a selector that accepts its group and no other, whatever its labels", () => {
  const paths = ["source.node_id", "event_type", "event_data.robot.name", "event_data.n", "rule"];
  const value = fc.option(fc.string({ unit: "binary", minLength: 1, maxLength: 30 }), { nil: null });
  fc.assert(
    fc.property(fc.array(value, { minLength: 5, maxLength: 5 }), fc.nat(3), value, (values, at, other) => {
      const labels = Object.fromEntries(paths.map((path, i) => [path, values[i] ?? null]));
      const { matches } = readySilence({ ...SILENCE, selector: groupSelector(incident("g.1", { labels })) });
      expect(matches(documentOf(labels))).toBe(true);
      const changed = { ...labels, [paths[at] ?? ""]: other };
      expect(matches(documentOf(changed))).toBe(values[at] === other);
      expect(matches(documentOf(labels, "another-rule"))).toBe(false);
    }),
    { numRuns: RUNS },
  );
});

it.each(["storm", "overflow"] as const)(
  "silences of a rule's %s nothing else of the rule, nor the other way",
  (role) => {
    const rule = ruleOf({}, { groupBy: ["event_data.x"] });
    const live = { newest: [], first: null, severity: "error", state: "firing" } as unknown as Live;
    const groups = [newGroup(rule, role, { nowMs: 0 }), newGroup(rule, [null], { nowMs: 0 })];
    const quiet = groups.map(({ labels }) => {
      const selector = groupSelector(incident("g.1", { rule: rule.id, labels }));
      const { matches } = readySilence({ ...SILENCE, selector });
      return groups.map((group) => matches(selectable(group, live)));
    });
    expect(quiet).toEqual([
      [true, false],
      [false, true],
    ]);
  },
);

const SILENCE = { silence_id: "s", starts_at: "", ends_at: "", author: "Ada", comment: "x", weekly: null };

function documentOf(labels: Record<string, string | null>, rule = "node-error") {
  const live = { newest: [], first: null, severity: "error", state: "firing" } as unknown as Live;
  return selectable({ rule, labels } as unknown as Group, live);
}
