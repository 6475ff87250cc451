/** Alerts in a real server: limits fold, night is quiet, the unheard is passed on, and a restart changes nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseMail } from "../alert/smtp.ts";
import {
  buttonOf,
  HOUR,
  incidentsOf,
  MINUTE,
  metric,
  nodeError,
  OTHER_NODE,
  openLab,
  PATIENT,
  passing,
  press,
  SECOND,
} from "./alerts-lab.ts";

it("tells of what is beyond a recipient's limit in one digest at the full hour", async () => {
  await using lab = await openLab({
    receivers: { ops: "mail" },
    rules: [{ id: "node-error", groupBy: "event_data.node_name", resolveAfter: "never" }],
    delivery: { perRecipient: { perHour: 3 } },
  });
  const events = Array.from({ length: 10 }, (_, n) => nodeError({ event_data: { node_name: `node-${n}` } }));
  await lab.happens(...events);
  await lab.passes(MINUTE);
  expect([lab.smtp.messages.length, await metric(lab, "notifications_folded_total")]).toEqual([3, 7]);
  await lab.passes(HOUR);
  const subjects = await lab.subjects();
  expect(subjects.slice(3)).toEqual(["[DIGEST] 7 notices about 7 incidents"]);
  const mails = await Promise.all(lab.smtp.messages.map(parseMail));
  for (let n = 0; n < 10; n++) expect(mails.filter(({ text }) => text?.includes(`node-${n}`))).toHaveLength(1);
});

it("passes on what nobody has acknowledged in time, and nothing else", async () => {
  const escalate = [{ after: "15m", channels: "hook" }];
  await using lab = await openLab({ ...PATIENT, receivers: { ops: { channels: "mail", escalate } } });
  await lab.happens(nodeError({ source: { node_id: OTHER_NODE } }));
  await lab.passes(MINUTE);
  await press(lab, await buttonOf(lab, "Acknowledge"), "Ada");
  await lab.happens(nodeError());
  await lab.passes(15 * MINUTE - SECOND);
  expect(lab.hook.received).toEqual([]);
  await lab.passes(MINUTE);
  await lab.passes(HOUR);
  expect(lab.hook.received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: "escalation", incident: { state: "firing", total: 1 }, text: expect.stringContaining("not acknowledged") },
  ]);
  expect(await incidentsOf(lab, "state=acknowledged")).toHaveLength(1);
});

it("keeps quiet at night but for what is critical, and tells the rest in the morning", async () => {
  const quietHours = { tz: "Europe/Berlin", from: "22:00", to: "06:00", except: "critical" };
  await using lab = await openLab({ ...PATIENT, quietHours });
  lab.clock.jump(10 * HOUR);
  await lab.happens(nodeError());
  await lab.passes(MINUTE);
  expect(lab.smtp.messages).toEqual([]);
  await lab.happens({ event_type: "log_critical", log_level: 50, event_data: { message: "smoke" } });
  await lab.passes(MINUTE);
  expect(await lab.subjects()).toEqual([expect.stringContaining("[CRIT]")]);
  const morningMs = Date.UTC(2026, 0, 6, 5);
  await lab.passes(morningMs - lab.clock.now() - SECOND);
  const before = await lab.subjects();
  expect(before.filter((subject) => subject?.includes("pf400"))).toEqual([]);
  await lab.passes(MINUTE);
  const after = (await lab.subjects()).slice(before.length);
  expect(after.filter((subject) => subject?.includes("pf400"))).toEqual([expect.stringContaining("[ERROR]")]);
});

it("goes on after a restart as if there had been none: in the middle of group_wait, and ten hours later", async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-alerts-"));
  const drop = async () => rmSync(folder, { recursive: true, force: true });
  await using lab = await openLab(PATIENT, { url: `sqlite:${join(folder, "events.db")}`, drop });
  await lab.happens(nodeError());
  await lab.passes(10 * SECOND);
  await lab.site[Symbol.asyncDispose]();
  lab.clock.jump(10 * SECOND);
  {
    await using second = await lab.another();
    await passing(lab.clock, second, 10 * SECOND - 1);
    expect(lab.smtp.messages).toEqual([]);
    await passing(lab.clock, second, 1);
    expect(lab.smtp.messages).toHaveLength(1);
  }
  lab.clock.jump(10 * HOUR);
  await using third = await lab.another();
  await passing(lab.clock, third, SECOND);
  expect(lab.smtp.messages).toHaveLength(2);
  await third.tell({ event_type: "node_start", source: { node_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" } });
  await passing(lab.clock, third, SECOND);
  const mails = await Promise.all(lab.smtp.messages.map(parseMail));
  expect(mails.map(({ subject }) => subject?.split(" ")[0])).toEqual(["[ERROR]", "[ERROR]", "[RESOLVED]"]);
  expect(new Set(mails.map(({ references }) => String(references))).size).toBe(1);
});
