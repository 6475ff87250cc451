/** Alerts as a lab lives with them: from an event to the mail, from the mail to the incident, until it is over. */
import { describe, expect, it } from "vitest";
import { verifyWebhookSignature } from "../../src/alert/webhook-signature.ts";
import { parseMail } from "../alert/smtp.ts";
import {
  buttonOf,
  HOUR,
  incidentsOf,
  MINUTE,
  metric,
  NODE,
  nodeError,
  OTHER_NODE,
  openLab,
  PATIENT,
  press,
  SECOND,
} from "./alerts-lab.ts";

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
    expect([await metric(lab, "live_incidents"), await metric(lab, "notifications_sent_total")]).toEqual([0, 12]);
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
