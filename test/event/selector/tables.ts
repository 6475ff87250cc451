/** Tables of conditions on one field, `event_data.a`, for the tests of operators and paths. */
import { expect } from "vitest";
import type { Event } from "../../../src/event/event.ts";
import { createEvent } from "../../../src/event/parse.ts";
import { compileMatcher } from "../../../src/event/selector/matches.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import { zoneReader } from "../../../src/event/zone.ts";

const utc = zoneReader("UTC");
export const MISSING = Symbol("no such field");

/** An event whose `event_data` has only the field `a`. */
export function holding(a: unknown): Event {
  return { ...createEvent({ _id: "e" }), event_data: a === MISSING ? {} : { a } } as Event;
}

export function accepts(condition: unknown, a: unknown, path = "event_data.a"): boolean {
  return compileMatcher(parseSelector({ [path]: condition }), utc)(holding(a));
}

/** condition, values it accepts, values it rejects */
type Row = [condition: unknown, accepted: unknown[], rejected: unknown[]];

export function table(rows: Row[]): void {
  for (const [condition, accepted, rejected] of rows) {
    for (const a of accepted) expect([condition, a, accepts(condition, a)]).toEqual([condition, a, true]);
    for (const a of rejected) expect([condition, a, accepts(condition, a)]).toEqual([condition, a, false]);
  }
}
