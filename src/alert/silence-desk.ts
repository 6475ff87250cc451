/** Silences as people make, list and end them. */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import { newId } from "../event/id.ts";
import type { Json } from "../event/json.ts";
import { zoneReader } from "../event/zone.ts";
import type { ListQuery, Page, SilenceInput } from "./desk.ts";
import type { Silence, Weekly } from "./incident.ts";
import { limitOf, pageOf, placeOf } from "./record-page.ts";
import { readySilence } from "./silence.ts";
import { dateOf } from "./time-input.ts";

type SilenceState = "pending" | "active" | "expired";

/** A record whose version grows after each change of a silence: what leaders look at, whatever the clocks say. */
export const SILENCES_ID = "silences";
const LONGEST_MS = 30 * 86_400_000;
/** Ended ones are kept this long for people to read. */
const KEEP_MS = 90 * 86_400_000;
const STATES: readonly SilenceState[] = ["pending", "active", "expired"];
/** Silences a list looks through. */
const MOST = 1000;
const TRIES = 10;
const MAX_TEXT = 2000;
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;
const FIELDS = new Set(["selector", "starts_at", "ends_at", "author", "comment", "weekly"]);

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the field, `EVT_INVALID_SELECTOR` */
export async function makeSilence(records: AlertRecords, input: SilenceInput, nowMs: number): Promise<Silence> {
  const silence = checked(input, nowMs);
  readySilence(silence);
  await records.write("silences", [recordOf(silence, { version: 1, nowMs })]);
  await changed(records, nowMs);
  return silence;
}

/** Whoever is refused here was overtaken by a later change, which says the same. */
async function changed(records: AlertRecords, nowMs: number): Promise<void> {
  const [record] = await records.read("state", [SILENCES_ID]);
  const version = (record?.version ?? 0) + 1;
  await records.write("state", [
    { _id: SILENCES_ID, version, state: "count", dueMs: null, updatedMs: nowMs, body: {} },
  ]);
}

function checked(input: SilenceInput, nowMs: number): Silence {
  const unknown = Object.keys(input).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) throw invalid(`${unknown}: is not known; a silence has ${[...FIELDS].join(", ")}`);
  const { selector, weekly = null } = input;
  if (
    typeof selector !== "object" ||
    selector === null ||
    Array.isArray(selector) ||
    Object.keys(selector).length === 0
  )
    throw invalid('selector: must be an object like {"rule": "node-error"}; an empty one would silence everything');
  const startsMs = input.starts_at === undefined ? nowMs : dateOf("starts_at", input.starts_at);
  const endsMs = dateOf("ends_at", input.ends_at);
  if (endsMs <= startsMs || endsMs <= nowMs) throw invalid("ends_at: must lie behind the start, and in the future");
  if (endsMs - startsMs > LONGEST_MS) throw invalid("ends_at: must be at most 30 days after the start");
  return {
    silence_id: newId(),
    selector: selector as Silence["selector"],
    starts_at: new Date(startsMs).toISOString(),
    ends_at: new Date(endsMs).toISOString(),
    author: textOf("author", input.author),
    comment: textOf("comment", input.comment),
    weekly: weekly && weeklyOf(weekly),
  };
}

function textOf(field: string, value: unknown): string {
  const text = typeof value === "string" ? value.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").trim() : "";
  if (text === "" || text.length > MAX_TEXT) throw invalid(`${field}: must be a text of 1 to ${MAX_TEXT} characters`);
  return text.toWellFormed();
}

function weeklyOf({ days, from, to, timezone }: Weekly): Weekly {
  const areDays =
    Array.isArray(days) && days.length > 0 && days.every((day) => Number.isInteger(day) && day >= 0 && day <= 6);
  if (!areDays) throw invalid("weekly.days: must be a list of numbers from 0 (Sunday) to 6");
  for (const [field, text] of Object.entries({ from, to }))
    if (typeof text !== "string" || !CLOCK.test(text)) throw invalid(`weekly.${field}: must be a time like 22:00`);
  if (from === to) throw invalid("weekly.to: must differ from weekly.from");
  try {
    zoneReader(timezone);
  } catch {
    throw invalid(`weekly.timezone: "${timezone}" is not a known IANA time zone, like Europe/Berlin`);
  }
  return { days: [...new Set(days)], from, to, timezone };
}

function recordOf(silence: Silence, { version, nowMs }: { version: number; nowMs: number }): AlertRecord {
  const body = silence as unknown as { readonly [field: string]: Json };
  const dueMs = Date.parse(silence.ends_at) + KEEP_MS;
  return { _id: silence.silence_id, version, state: "silence", dueMs, updatedMs: nowMs, body };
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export async function listSilences(
  records: AlertRecords,
  query: ListQuery<SilenceState>,
  nowMs: number,
): Promise<Page<Silence>> {
  const limit = limitOf(query.limit);
  const after = placeOf(query.cursor);
  const { states } = query;
  const unknown = states?.find((state) => !STATES.includes(state));
  if (unknown !== undefined) throw invalid(`states: "${unknown}" must be one of ${STATES.join(", ")}`);
  const found = await records.list("silences", { limit: MOST, ...(after && { after }) });
  const wanted = found.filter((record) => !states || states.includes(stateOf(silenceIn(record), nowMs)));
  return pageOf(wanted.slice(0, limit + 1), limit, silenceIn);
}

function silenceIn(record: AlertRecord): Silence {
  return record.body as unknown as Silence;
}

function stateOf({ starts_at, ends_at }: Silence, nowMs: number): SilenceState {
  if (nowMs >= Date.parse(ends_at)) return "expired";
  return nowMs < Date.parse(starts_at) ? "pending" : "active";
}

/** Ends it now; one that has ended stays as it is. */
export async function expireSilence(records: AlertRecords, id: string, nowMs: number): Promise<Silence | undefined> {
  for (let tried = 0; tried < TRIES; tried++) {
    const [record] = await records.read("silences", [id]);
    if (!record) return undefined;
    const silence = silenceIn(record);
    if (stateOf(silence, nowMs) === "expired") return silence;
    const startsMs = Math.min(Date.parse(silence.starts_at), nowMs);
    const ended = { ...silence, starts_at: new Date(startsMs).toISOString(), ends_at: new Date(nowMs).toISOString() };
    const [written] = await records.write("silences", [recordOf(ended, { version: record.version + 1, nowMs })]);
    if (!written) continue;
    await changed(records, nowMs);
    return ended;
  }
  throw new EventStoreError("EVT_CONFLICT", `id: silence ${id} is being changed by others; try again`);
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
