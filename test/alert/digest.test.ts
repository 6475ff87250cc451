import { describe, expect, it } from "vitest";
import { digestNotice, emptyDraft, merged } from "../../src/alert/digest-draft.ts";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import { subjectLine } from "../../src/alert/notice-words.ts";
import type { Notification } from "../../src/alert/notification.ts";
import { PAGE } from "../../src/alert/outbox-pass.ts";
import { newRecord, notificationOf } from "../../src/alert/outbox-record.ts";
import type { Severity } from "../../src/alert/rule.ts";
import type { AlertRecord, RecordKind } from "../../src/backend/alert-records.ts";
import { deliver, draft, drafts, incident, notice, type Setting, setting } from "./outbox-setting.ts";
import { VirtualClock } from "./virtual-clock.ts";

const HOUR_MS = 3_600_000;
/** Of many pages. */
const FLOOD = process.env.FUZZ ? 100_000 : 3_000;

function folded(incidentId: string, n: number, severity: Severity = "error"): Notification {
  return notificationOf(newRecord(draft(n, { incident_id: incidentId, channel: "mail", severity }), 0));
}

function digests({ mail }: Setting): Notification[] {
  return mail.handed.filter(({ notification }) => notification.occasion === "digest").map((each) => each.notification);
}

function noticesIn(all: readonly Notification[]): number {
  return all.flatMap(({ notice: { others } }) => others).reduce((sum, { notices }) => sum + notices, 0);
}

describe("a digest", () => {
  it("lists what was folded, with counts, at the next time of the plan, and counts against no cap", async () => {
    const world = setting();
    const { outbox, mail, clock } = world;
    await clock.advance(10 * 60_000);
    await deliver(outbox, drafts(22, { channel: "mail", recipient: "a@lab", incident_id: "i.1" }));
    await deliver(outbox, drafts(3, { channel: "mail", recipient: "a@lab", incident_id: "i.2", severity: "warning" }));
    expect(mail.handed.length).toBe(20);
    await clock.advance(50 * 60_000 - 1);
    expect(digests(world)).toEqual([]);
    await clock.advance(1);
    expect(digests(world)).toMatchObject([
      {
        ...{ channel: "mail", recipient: "a@lab", incident_id: "digest", sequence: 1, state: "sending" },
        notice: { occasion: "digest", receiver: "ops", next: null, incident: { incident_id: "i.1" } },
      },
    ]);
    const { others } = digests(world)[0]!.notice;
    expect(others.map((one) => [one.incident.incident_id, one.notices])).toEqual([
      ["i.1", 2],
      ["i.2", 3],
    ]);
    await clock.advance(5 * HOUR_MS);
    expect(digests(world).length).toBe(1);
  });

  it("comes at the local hour of its zone", async () => {
    const world = setting({ digest: { cron: "0 7 * * *", timezone: "Europe/Berlin", minSeverity: "info" } });
    await deliver(world.outbox, drafts(21, { channel: "mail" }));
    await world.clock.advance(18 * HOUR_MS - 1);
    expect(digests(world)).toEqual([]);
    await world.clock.advance(1);
    expect(digests(world).length).toBe(1);
    expect(world.clock.now()).toBe(Date.UTC(2026, 0, 6, 6));
  });

  it("is sent also for nothing but notices below its least severity", async () => {
    const world = setting({ digest: { cron: "0 * * * *", timezone: "UTC", minSeverity: "error" } });
    await deliver(world.outbox, drafts(22, { channel: "mail", severity: "info" }));
    await world.clock.advance(HOUR_MS);
    expect([digests(world).length, noticesIn(digests(world))]).toEqual([1, 2]);
  });

  it("waits for the end of quiet hours, in one for the whole night, unless it is about what is excepted", async () => {
    const quietHours = { timezone: "UTC", from: "22:00", to: "06:00", except: ["critical"] } as const;
    const world = setting({ quietHours, clock: new VirtualClock(Date.UTC(2026, 0, 5, 21, 30)) });
    await deliver(world.outbox, drafts(22, { channel: "mail", incident_id: "e.1" }));
    await world.clock.advance(2 * HOUR_MS);
    expect(digests(world)).toEqual([]);
    await deliver(world.outbox, drafts(22, { channel: "mail", incident_id: "e.2" }));
    await deliver(world.outbox, drafts(28, { channel: "mail", incident_id: "c.1", severity: "critical" }));
    await world.clock.advance(HOUR_MS);
    expect(digests(world).map(({ notice: { others } }) => others.map((one) => one.incident.incident_id))).toEqual([
      ["c.1"],
    ]);
    await world.clock.advance(5.5 * HOUR_MS - 1);
    expect(digests(world).length).toBe(1);
    await world.clock.advance(1);
    expect(noticesIn(digests(world).slice(1))).toBe(4);
    expect(digests(world).length).toBe(2);
  });

  it("has an id of its own each time, the same for each process", async () => {
    const world = setting();
    await deliver(world.outbox, drafts(41, { channel: "mail", incident_id: "i.1" }));
    await world.clock.advance(HOUR_MS);
    await deliver(world.outbox, drafts(41, { channel: "mail", incident_id: "i.2" }));
    await world.clock.advance(HOUR_MS);
    const [first, second] = digests(world);
    expect([first?.sequence, second?.sequence]).toEqual([1, 2]);
    expect(first?.notification_id).not.toBe(second?.notification_id);
    expect(noticesIn(digests(world)) + world.mail.handed.length - 2).toBe(82);
  });

  it("keeps the folded ones for people to see, and removes them a week after", async () => {
    const { outbox, clock, records } = setting();
    await deliver(outbox, drafts(30, { channel: "mail" }));
    await clock.advance(HOUR_MS);
    expect(await records.count("notifications", ["folded"])).toBe(10);
    clock.jump(6 * 24 * HOUR_MS);
    await outbox.idle();
    expect(await records.count("notifications", ["folded"])).toBe(10);
    clock.jump(2 * 24 * HOUR_MS + HOUR_MS);
    await outbox.idle();
    expect(await records.count("notifications", ["folded"])).toBe(0);
  });

  it("of a flood to one recipient counts every one, in pages of bounded size", async () => {
    const limits: number[] = [];
    const writes: number[] = [];
    class Watched extends MemoryRecords {
      override due(kind: RecordKind, atMs: number, limit: number) {
        limits.push(limit);
        return super.due(kind, atMs, limit);
      }
      override write(kind: RecordKind, records: readonly AlertRecord[]) {
        writes.push(records.length);
        return super.write(kind, records);
      }
    }
    const world = setting({ records: new Watched() });
    const about = Array.from({ length: 80 }, (_, n) => notice(incident(`i.${n}`)));
    for (let at = 0; at < FLOOD; at += 1_000) {
      const page = Array.from({ length: 1_000 }, (_, n) => draft(at + n, { channel: "mail", notice: about[n % 80]! }));
      await world.outbox.put(page);
    }
    await world.outbox.idle();
    expect([world.mail.handed.length, world.outbox.stats().folded]).toEqual([20, FLOOD - 20]);
    await world.clock.advance(HOUR_MS);
    const [digest] = digests(world);
    expect([digests(world).length, digest?.notice.others.length]).toEqual([1, 50]);
    const further = Number(/^notices besides: (\d+) more of incidents not listed here$/.exec(digest!.notice.next!)![1]);
    expect(noticesIn(digests(world)) + further).toBe(FLOOD - 20);
    expect(Math.max(...limits, ...writes)).toBeLessThanOrEqual(PAGE);
    expect(JSON.stringify(digest).length).toBeLessThan(100_000);
  }, 240_000);
});

describe("a digest while it is put together", () => {
  it("lists the most severe first and names what it does not list", () => {
    const many = Array.from({ length: 60 }, (_, n) => folded(`w.${n}`, 1, "warning"));
    const draftOf = merged(
      emptyDraft({ channel: "mail", recipient: "ops" }, 1),
      [...many, folded("c.1", 1, "critical"), folded("x.1", 1, "info"), folded("c.1", 2, "critical")],
      "warning",
    );
    const made = digestNotice(draftOf, "warning")!;
    expect(made.incident.incident_id).toBe("c.1");
    expect(made.others.length).toBe(50);
    expect(made.others[0]?.notices).toBe(2);
    expect(made.next).toBe("notices besides: 11 more of incidents not listed here, 1 below warning");
    expect(subjectLine(made)).toBe("[DIGEST] 63 notices about 62 incidents");
  });

  it("does not count twice what comes twice", () => {
    const page = [folded("i.1", 1), folded("i.1", 2)];
    const once = merged(emptyDraft({ channel: "mail", recipient: "ops" }, 1), page, "info");
    const twice = merged(once, [...page, folded("i.1", 3)], "info");
    expect(twice.listed.map(({ notices }) => notices)).toEqual([3]);
  });

  it("counts those below its least severity where there are others, and lists them where there are none", () => {
    const info = merged(emptyDraft({ channel: "mail", recipient: "ops" }, 1), [folded("i.1", 1, "info")], "error");
    const alone = digestNotice(info, "error")!;
    expect(alone.others.map(({ incident: { incident_id } }) => incident_id)).toEqual(["i.1"]);
    expect([alone.next, subjectLine(alone)]).toEqual([null, "[DIGEST] 1 notice about 1 incident"]);
    const both = digestNotice(merged(info, [folded("i.2", 1, "error")], "error"), "error")!;
    expect(both.others.map(({ incident: { incident_id } }) => incident_id)).toEqual(["i.2"]);
    expect([both.next, subjectLine(both)]).toEqual([
      "notices besides: 1 below error",
      "[DIGEST] 2 notices about 2 incidents",
    ]);
  });

  it("tells a thousand incidents apart and says of more that there are at least so many", () => {
    const many = Array.from({ length: 1_200 }, (_, n) => folded(`w.${n}`, 1));
    const made = digestNotice(merged(emptyDraft({ channel: "mail", recipient: "ops" }, 1), many, "info"), "info")!;
    expect(subjectLine(made)).toBe("[DIGEST] 1200 notices about at least 1000 incidents");
  });
});
