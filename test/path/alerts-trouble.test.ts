/** Alerts in trouble of their own: a mail server that is gone, a leader that is gone. */
import { describe, expect, it } from "vitest";
import type { AlertHost } from "../../src/alert/host.ts";
import type { AlertRecords } from "../../src/backend/alert-records.ts";
import { EventStoreError } from "../../src/errors.ts";
import { parseMail } from "../alert/smtp.ts";
import { mongoSkip } from "../helpers/mongo.ts";
import {
  HOUR,
  incidentsOf,
  type Lab,
  MINUTE,
  metric,
  nodeError,
  OTHER_NODE,
  openLab,
  PATIENT,
  passing,
  SECOND,
} from "./alerts-lab.ts";
import { PLACES } from "./alerts-site.ts";

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
    for (const { notification_id } of dead)
      expect((await lab.site.call(`/v1/notifications/${notification_id}/discard`, { method: "POST" })).status).toBe(
        200,
      );
    await lab.passes(SECOND);
    expect(await metric(lab, "notifications_dead")).toBe(0);
    expect((await lab.site.call("/health")).json.description).toBe("Event Manager is running normally");
  });
});

describe("a database that takes events and no incidents", () => {
  it("is told once, shows in numbers and in /health, and costs no mail when it is well again", async () => {
    let away = true;
    const through = (host: AlertHost): AlertHost => {
      const { records } = host;
      const write: AlertRecords["write"] = async (kind, all) => {
        if (away && kind === "groups") throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "no room for groups");
        return records.write(kind, all);
      };
      const failing = new Proxy(records, {
        get: (target, name) => {
          if (name === "write") return write;
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      return { ...host, records: failing };
    };
    await using lab = await openLab(PATIENT, undefined, through);
    const { site, clock } = lab;
    expect((await site.post(nodeError())).status).toBe(200);
    await expect.poll(() => site.warnings, { interval: 5 }).toEqual(["alerts wait: no room for groups"]);
    clock.jump(2 * MINUTE);
    for (let n = 0; n < 5; n++) await clock.advance(SECOND);
    await expect.poll(() => metric(lab, "lag_seconds"), { interval: 5 }).toBeGreaterThan(120);
    expect((await site.call("/health")).json.description).toMatch(/alerts are 12\d s behind/);
    expect([await metric(lab, "marks_waiting"), site.warnings.length]).toEqual([1, 1]);
    away = false;
    await lab.passes(MINUTE);
    expect(await lab.subjects()).toEqual([expect.stringContaining("node_error on pf400")]);
    expect([await metric(lab, "marks_waiting"), await metric(lab, "lag_seconds")]).toEqual([0, 0]);
  });
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
