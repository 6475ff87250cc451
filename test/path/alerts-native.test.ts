/** Alerts as a lab lives with them: from an event to the mail, from the mail to the incident, until it is over. */
import { describe, expect, it } from "vitest";
import { verifyWebhookSignature } from "../../src/alert/webhook-signature.ts";
import { parseMail } from "../alert/smtp.ts";
import { mongoSkip } from "../helpers/mongo.ts";
import {
  buttonOf,
  HOUR,
  type Lab,
  MINUTE,
  NODE,
  nodeError,
  OTHER_NODE,
  openLab,
  passing,
  press,
  SECOND,
  WORKCELL,
} from "./alerts-lab.ts";
import { PLACES } from "./alerts-site.ts";

const PATIENT = { rules: [{ id: "node-error", resolveAfter: "never" }] } as const;

async function incidentsOf(lab: Lab, query = "") {
  return (await lab.site.call(`/v1/incidents?${query}`)).json.items;
}

/** Values of one name in what Prometheus reads. */
async function metric(lab: Lab, name: string): Promise<number> {
  const { text } = await lab.site.call("/metrics");
  return Number(new RegExp(`^madsci_events_alerts_${name} (.+)$`, "m").exec(text)?.[1]);
}

describe("a node that fails again and again", () => {
  it("is one mail after group_wait, one with news, then repeats until somebody cares, and one when it is over", async () => {
    await using lab = await openLab(PATIENT);
    for (let n = 0; n < 7; n++) {
      await lab.happens(nodeError());
      await lab.passes(SECOND);
    }
    expect(await lab.subjects()).toEqual([]);
    await lab.passes(23 * SECOND);
    expect(await lab.subjects()).toEqual([expect.stringMatching(/^\[ERROR\] node_error on pf400 ×7/)]);
    await lab.passes(MINUTE);
    await lab.happens(nodeError(), nodeError());
    await lab.passes(4 * MINUTE - 1);
    expect(lab.smtp.messages).toHaveLength(1);
    await lab.passes(1);
    expect((await lab.subjects())[1]).toMatch(/^\[ERROR\] node_error on pf400 ×9/);
    await lab.passes(4 * HOUR);
    expect(lab.smtp.messages).toHaveLength(3);
    const done = await press(lab, await buttonOf(lab, "Acknowledge"), "Ada");
    expect(done.status).toBe(200);
    expect(await incidentsOf(lab)).toMatchObject([{ state: "acknowledged", acknowledged_by: "Ada", total: 9 }]);
    await lab.passes(48 * HOUR);
    expect(lab.smtp.messages).toHaveLength(3);
    await lab.happens({ event_type: "node_start", source: { node_id: NODE } });
    await lab.passes(SECOND);
    expect((await lab.subjects())[3]).toMatch(/^\[RESOLVED\] node_error on pf400 ×9/);
    const mails = await Promise.all(lab.smtp.messages.map(parseMail));
    const threads = new Set(mails.map(({ references, inReplyTo }) => JSON.stringify([references, inReplyTo])));
    expect([threads.size, new Set(mails.map(({ messageId }) => messageId)).size]).toEqual([1, 4]);
    expect(mails[0]?.references).toBeTruthy();
    expect([lab.hook.received.length, lab.chat.received.length]).toEqual([4, 4]);
    await lab.passes(6 * MINUTE);
    expect(await incidentsOf(lab)).toMatchObject([{ state: "closed", total: 9, sequence: 4 }]);
    await lab.happens(nodeError());
    await lab.passes(MINUTE);
    expect((await lab.subjects())[4]).toMatch(/^\[ERROR\] node_error on pf400 /);
    const next = await parseMail(lab.smtp.messages[4]!);
    expect(next.references).not.toEqual(mails[0]?.references);
  });

  it("does nothing by opening a link, and nothing twice by pressing its button twice", async () => {
    await using lab = await openLab(PATIENT);
    await lab.happens(nodeError());
    await lab.passes(MINUTE);
    for (const text of ["Acknowledge", "Silence 1 h", "Silence 8 h"])
      expect((await lab.site.call(await buttonOf(lab, text))).text).toContain("<form");
    expect(await incidentsOf(lab, "state=firing")).toHaveLength(1);
    expect((await lab.site.call("/v1/silences")).json.items).toEqual([]);
    const link = await buttonOf(lab, "Acknowledge");
    await press(lab, link, "Ada");
    const again = await lab.site.call(link);
    expect([again.status, again.text.includes("<form")]).toEqual([200, false]);
    expect((await lab.site.call(link.replace(/.{4}$/, "AAAA"))).status).toBe(403);
    lab.clock.jump(73 * HOUR);
    expect((await lab.site.call(link)).status).toBe(403);
  });

  it("reaches the webhook signed, and the chat in its own form, with the links of the mail", async () => {
    await using lab = await openLab(PATIENT);
    await lab.happens(nodeError({ event_data: { message: '<!channel> *help* & "quotes"', node_name: "pf400" } }));
    await lab.passes(MINUTE);
    const [hooked] = lab.hook.received;
    const body = JSON.parse(hooked?.body ?? "");
    expect(body).toMatchObject({ type: "firing", receiver: "ops", incident: { rule: "node-error", total: 1 } });
    expect(new URL(body.links.acknowledge).pathname).toBe(
      new URL(await buttonOf(lab, "Acknowledge"), "http://x").pathname,
    );
    const headers = (hooked?.headers ?? {}) as Record<string, string>;
    const { "x-madsci-timestamp": timestamp, "x-madsci-signature": signature } = headers;
    const now = () => new Date(lab.clock.now());
    expect(verifyWebhookSignature("s3cret", { timestamp, signature, body: hooked?.body ?? "" }, { now })).toBe(true);
    const chat = JSON.parse(lab.chat.received[0]?.body ?? "");
    expect(JSON.stringify(chat)).toContain("pf400");
    expect(JSON.stringify(chat)).not.toContain("<!channel>");
  });
});

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
      rules: [...PATIENT.rules, { id: "workcell-stopped", enabled: true, groupWait: "1s" }],
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
    expect((await lab.subjects()).slice(2)).toEqual([
      expect.stringMatching(/^\[RESOLVED\] workcell_stop/),
      expect.stringMatching(/^\[ERROR\] node_error on pf400 ×2/),
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

describe("a mail server that is gone", () => {
  it("is tried with pauses, rested from, given up, and told of through the other channel", async () => {
    await using lab = await openLab({
      receivers: { ops: "mail", pager: "hook" },
      defaults: { receivers: "ops" },
      rules: [...PATIENT.rules, { id: "dead-letter", receivers: "pager" }],
      delivery: { attempts: 3, breaker: { failures: 2, openFor: "1m" } },
    });
    await lab.smtp.close();
    await lab.happens(nodeError(), nodeError({ source: { node_id: OTHER_NODE } }));
    await lab.passes(30 * SECOND);
    expect(lab.site.alerts.stats()).toMatchObject({
      notifications_waiting: 2,
      notifications_retried: 2,
      breakers_open: 1,
    });
    expect([await metric(lab, "breakers_open"), await metric(lab, "notifications_waiting")]).toEqual([1, 2]);
    expect(lab.site.warnings.filter((text) => text.includes("tried again"))).toHaveLength(1);
    for (let n = 0; n < 12; n++) await lab.passes(MINUTE);
    const dead = (await lab.site.call("/v1/notifications?state=dead")).json.items;
    expect(dead).toMatchObject([{ attempts: 3, last_error: expect.stringContaining("ECONNREFUSED") }, { attempts: 3 }]);
    expect(await metric(lab, "notifications_dead")).toBe(2);
    const { description, alerts } = (await lab.site.call("/health")).json;
    expect([description, alerts.notifications_dead]).toEqual([expect.stringContaining("2 alert notifications"), 2]);
    const told = lab.hook.received.map(({ body }) => JSON.parse(body));
    expect(told[0]).toMatchObject({ type: "firing", receiver: "pager", incident: { rule: "dead-letter" } });
    expect(told.length).toBeLessThanOrEqual(2);
  });
});

it("tells from an event why somebody was told, and why not; numbers agree with what happened", async () => {
  await using lab = await openLab(PATIENT);
  await lab.happens(nodeError({ event_id: "e1" }), {
    event_id: "e2",
    event_type: "node_start",
    source: { node_id: OTHER_NODE },
  });
  const waiting = (await lab.site.call("/v1/alerts/why/e1")).json;
  expect(waiting.trail.at(-1)).toBe("nobody has been told so far");
  await lab.passes(MINUTE);
  const { trail, rules, notifications } = (await lab.site.call("/v1/alerts/why/e1")).json;
  expect(rules).toContain("node-error");
  expect(trail).toEqual([
    expect.stringMatching(/^event node_error of level 40 arrived at 2026-01-05T12:00:00/),
    expect.stringContaining("node-error"),
    ...rules.map((rule: string) => expect.stringMatching(new RegExp(`^rule ${rule} `))),
    expect.stringMatching(/tells of itself next/),
    ...["mail", "chat", "hook"].map(() => expect.stringMatching(/^firing to .+ through (mail|chat|hook): sent at /)),
  ]);
  expect(notifications).toHaveLength(3);
  const quiet = (await lab.site.call("/v1/alerts/why/e2")).json;
  expect([quiet.incidents, quiet.notifications]).toEqual([[], []]);
  const { alerts } = (await lab.site.call("/health")).json;
  expect(alerts).toMatchObject({
    ...{ leading: true, marks_waiting: 0, events_folded: 2, live_incidents: 1, errors: 0 },
    ...{ notifications_sent: 3, notifications_waiting: 0, notifications_dead: 0 },
  });
  expect(await metric(lab, "events_folded_total")).toBe(2);
  expect(await metric(lab, "notifications_sent_total")).toBe(3);
  expect(await metric(lab, "live_incidents")).toBe(1);
  const { items } = (await lab.site.call("/v1/rules")).json;
  expect(items.find(({ id }: { id: string }) => id === "node-error")).toMatchObject({ events: 1, live_incidents: 1 });
});

describe.skipIf(mongoSkip)("two servers on one database", () => {
  it("have one leader, who tells what both store; when it ends the other goes on, and nothing is told twice", async () => {
    await using lab = await openLab(PATIENT, PLACES.find(({ name }) => name === "mongo")?.make());
    await using second = await lab.another();
    const servers = [lab.site, second];
    const leading = () => servers.map(({ alerts }) => alerts.stats().leading);
    await lab.happens(nodeError());
    expect(leading()).toEqual([true, false]);
    expect((await second.post(nodeError())).status).toBe(200);
    await lab.passes(31 * SECOND);
    expect(await lab.subjects()).toEqual([expect.stringContaining("pf400 ×2")]);
    expect(await second.call("/v1/incidents")).toEqual(await lab.site.call("/v1/incidents"));
    const acknowledged = await second.call(`${await incidentPath(lab)}/acknowledge`, {
      method: "POST",
      body: { by: "Ada" },
    });
    expect(acknowledged.status).toBe(200);
    expect((await second.post(nodeError({ source: { node_id: OTHER_NODE } }))).status).toBe(200);
    await lab.site[Symbol.asyncDispose]();
    await lab.clock.advance(SECOND);
    await second.alerts.idle();
    expect(second.alerts.stats().leading).toBe(true);
    await passing(lab.clock, second, 31 * SECOND);
    expect((await lab.subjects()).length).toBe(2);
    await passing(lab.clock, second, HOUR);
    const mails = await Promise.all(lab.smtp.messages.map(parseMail));
    expect(mails.map(({ messageId }) => messageId)).toEqual([...new Set(mails.map(({ messageId }) => messageId))]);
  });
});

async function incidentPath(lab: Lab): Promise<string> {
  const [{ incident_id }] = await incidentsOf(lab, "rule=node-error");
  return `/v1/incidents/${incident_id}`;
}
