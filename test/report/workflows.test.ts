/** Who had which workflow run, how long, and how it ended. */
import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { sweep } from "../../src/report/sweep.ts";
import { historyOf, micros, pagesOf, span, told, wrapped } from "./stream.ts";

const day = span("00:00", "23:59");
const F = { workflow_id: "F" };
type Data = Readonly<Record<string, unknown>>;
const start = (time: string, data: Data = {}) =>
  told(time, "workflow_start", {}, { ...F, ...data } as Activity["event_data"]);
const end = (time: string, data: Data = {}) =>
  told(time, "workflow_complete", {}, { ...F, ...data } as Activity["event_data"]);

async function workflowOf(...events: readonly Activity[]) {
  const { workflows } = await historyOf(events, day);
  expect(workflows).toHaveLength(1);
  return workflows[0]!;
}

describe("a workflow", () => {
  it("is started, then what its end says", async () => {
    const begun = {
      id: "F",
      name: "mix",
      author: "Ada",
      status: "started",
      start: micros("08:00"),
      end: null,
      durationSeconds: null,
    };
    const submitted = start("08:00", { name: "mix", author: " Ada " });
    expect(await workflowOf(submitted)).toEqual(begun);
    const done = end("09:00", { name: "other", author: "Grace", status: "failed", duration_seconds: 12.5 });
    expect(await workflowOf(submitted, done)).toEqual({
      ...begun,
      status: "failed",
      end: micros("09:00"),
      durationSeconds: 12.5,
    });
  });

  it.each([
    [{ status: "completed" }, "completed"],
    [{ status: "WorkflowStatus.CANCELLED" }, "cancelled"],
    [{ status: "odd" }, "odd"],
    [{ status: { completed: false, failed: true } }, "failed"],
    [{ status: { running: true } }, "running"],
    [{ status: { description: "Cancelled by hand" } }, "cancelled"],
    [{ status: {} }, "completed"],
    [{ status: null, workflow_status: "failed" }, "failed"],
    [{}, "completed"],
    [{ status: 7 }, "completed"],
  ])("with %j is %s", async (data, status) => {
    expect((await workflowOf(end("09:00", data))).status).toBe(status);
  });

  it.each([
    [{ author: "Ada", workflow_author: "Grace" }, "Ada"],
    [{ author: " ", definition_metadata: { author: "Ada" } }, "Ada"],
    [{ workflow_definition_metadata: { author: "Ada" } }, "Ada"],
    [{ workflow_author: "Grace" }, "Grace"],
    [{ author: 42 }, null],
    [{ author: null }, null],
  ])("with %j is by %s", async (data, author) => {
    expect((await workflowOf(start("08:00", data))).author).toBe(author);
  });

  it("takes as long as its end tells, in the best way it does", async () => {
    const begun = start("08:00");
    const times = { start_time: "2025-06-10T08:30:00", end_time: "2025-06-10T08:45:00" };
    const length = async (data: Data) => (await workflowOf(begun, end("09:00", data))).durationSeconds;
    expect(await length({ ...times, duration_seconds: 12.5, workflow_duration: "3s" })).toBe(12.5);
    expect(await length({ ...times, duration_seconds: "12.5" })).toBe(12.5);
    expect(await length({ ...times, duration_seconds: null, workflow_duration: "3s" })).toBe(900);
    expect(await length({ ...times, duration_seconds: "long" })).toBe(900);
    expect(await length({ workflow_duration: "12.3s" })).toBe(12.3);
    expect(await length({ workflow_duration: "soon" })).toBe(3600);
    expect((await workflowOf(end("09:00"))).durationSeconds).toBeNull();
  });

  it("takes no negative time", async () => {
    const turned = { start_time: "2025-06-10T08:45:00", end_time: "2025-06-10T08:30:00" };
    expect((await workflowOf(start("08:00"), end("09:00", { duration_seconds: -12.5 }))).durationSeconds).toBe(3600);
    expect((await workflowOf(start("08:00"), end("09:00", turned))).durationSeconds).toBe(3600);
    expect((await workflowOf(end("09:00", turned), start("09:30"))).durationSeconds).toBeNull();
    expect((await historyOf([end("09:00", { duration_seconds: -12.5 })], day)).skipped).toBe(1);
  });

  it("that begins and ends at one instant has ended, in whichever order that is told", async () => {
    const [begin, over] = [start("09:00"), end("09:00", { status: "failed" })];
    expect(await workflowOf({ ...begin, _id: "0" }, { ...over, _id: "1" })).toMatchObject({ status: "failed" });
    expect(await workflowOf({ ...over, _id: "0" }, { ...begin, _id: "1" })).toMatchObject({ status: "failed" });
  });

  it("begins when its end says it began to run, else when it was submitted first", async () => {
    const times = { start_time: "2025-06-10T08:30:00Z" };
    expect((await workflowOf(start("08:00"), end("09:00", times))).start).toBe(micros("08:30"));
    expect((await workflowOf(start("08:00"), start("08:10"), end("09:00"))).start).toBe(micros("08:00"));
    expect((await workflowOf(end("09:00"))).start).toBeNull();
  });

  it("reads naive times in the zone it is told", async () => {
    const events = [end("09:00", { start_time: "2025-06-10T08:30:00" })];
    const { workflows } = await sweep(pagesOf(events), day, { zone: zoneReader("America/Chicago") });
    expect(workflows[0]?.start).toBe(micros("13:30"));
  });

  it("believes the typed end, and of several the last", async () => {
    const log = wrapped(
      "09:00:01",
      "workflow_complete",
      {},
      { ...F, workflow_status: "completed", workflow_duration: "1.0s" },
    );
    const typed = end("09:00", { status: "failed", duration_seconds: 2 });
    expect(await workflowOf(typed, log)).toMatchObject({ status: "failed", durationSeconds: 2, end: micros("09:00") });
    expect(await workflowOf(log, end("09:00:02", { status: "failed" }))).toMatchObject({ status: "failed" });
    const retried = end("10:00", { status: "completed", duration_seconds: 3 });
    expect(await workflowOf(typed, log, start("09:30"), retried)).toMatchObject({
      status: "completed",
      durationSeconds: 3,
    });
    expect(await workflowOf(typed, start("09:30"))).toMatchObject({ status: "started", end: micros("09:00") });
  });

  it("is listed where something of it is told in the window, in order", async () => {
    const G = { workflow_id: "G" };
    const events = [
      start("07:00", { author: "Ada" }),
      told("07:10", "workflow_start", {}, G),
      told("08:30", "workflow_start", {}, { workflow_id: 7 }),
      end("09:00"),
      told("12:00", "workflow_complete", {}, G),
    ];
    const { workflows } = await historyOf(events, span("08:00", "12:00"));
    expect(workflows).toMatchObject([{ id: "7" }, { id: "F", author: "Ada", start: micros("07:00") }]);
  });
});
