/** A report of a store is the report of its events: nothing that matters is lost on the way through an engine. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import type { Event } from "../../src/event/event.ts";
import { instantOf } from "../../src/event/instant.ts";
import { type PreparedEvent, parseContext, prepareEvent } from "../../src/event/parse.ts";
import { compareText } from "../../src/event/selector/compare.ts";
import { type ActivityStore, periods, type ReportSource, sessions, users } from "../../src/report/index.ts";
import { activityPages, spanOf } from "../../src/store/activities.ts";
import { labDays } from "../bench/report-lab.ts";
import { oddEvents } from "../helpers/activities.ts";
import { BACKENDS } from "../helpers/backends.ts";
import { mongoServer } from "../helpers/mongo.ts";

const context = parseContext({ naiveTimezone: "UTC" });
const now = () => new Date(Date.UTC(2025, 0, 9));

const REPORTS = {
  sessions: (source: ReportSource) => sessions(source, { now }),
  users: (source: ReportSource) => users(source, { now }),
  "days with users": (source: ReportSource) => periods(source, { now, includeUsers: true }),
  "hours of a day": (source: ReportSource) =>
    periods(source, { now, analysisType: "hourly", from: new Date(Date.UTC(2025, 0, 1)), timezone: "UTC" }),
};

/** A day of a lab among events of every odd kind; arrival has nothing to do with order. */
function eventsOf(count: number): PreparedEvent[] {
  const lab = [...labDays(count)].filter((_, n) => n % 3 !== 2);
  const all = [...lab, ...oddEvents(Math.round((count * 5) / 18), 5)].map((event) => prepareEvent(event, context));
  return all
    .map((event, n) => [(n * 7919) % all.length, event] as const)
    .sort(([a], [b]) => a - b)
    .map(([, event]) => event);
}

function inOrder(events: readonly PreparedEvent[]): Event[] {
  const order = (a: PreparedEvent, b: PreparedEvent) =>
    a.instant === b.instant ? compareText(a.event._id, b.event._id) : a.instant < b.instant ? -1 : 1;
  return events.toSorted(order).map(({ event }) => event);
}

/** FerretDB goes through all of them, several times for each report. */
const countFor = (engine: string) => (engine === "mongo" && mongoServer === "FerretDB" ? 450 : 900);

describe.each(BACKENDS)("reports of backend $name", ({ name, open, skip }) => {
  if (skip) return it.skip(`runs where there is a server (${skip})`, () => {});
  const events = eventsOf(countFor(name));
  let backend: Backend;
  let store: ActivityStore;
  beforeAll(async () => {
    backend = await open();
    for (let i = 0; i < events.length; i += 250) await backend.append(events.slice(i, i + 250), instantOf(0));
    store = { activities: (options) => activityPages(backend, options), span: () => spanOf(backend, context.zone) };
  });
  afterAll(() => backend.close());

  it.each(Object.entries(REPORTS))("tell what a report of the events themselves tells (%s)", async (_name, report) => {
    const [ours, theirs] = [await report(store), await report(inOrder(events))];
    expect(ours).toEqual(theirs);
    expect(JSON.stringify(ours).length).toBeGreaterThan(500);
  });
});
