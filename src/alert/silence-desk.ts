/** Silences as people make, list and end them. */
import type { AlertRecord, AlertRecords, ListRecords } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import { newId } from "../event/id.ts";
import type { Json } from "../event/json.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { ParsedSelector } from "../event/selector/selector.ts";
import { zoneReader } from "../event/zone.ts";
import { incidentCondition } from "./condition-file.ts";
import { DAY_END, isTimeOfDay } from "./day-window.ts";
import type { ListQuery, Page, SilenceInput } from "./desk.ts";
import { Field } from "./field.ts";
import type { Silence, Weekly } from "./incident.ts";
import { acceptsAll, labelDoubts, wordDoubts } from "./incident-doubts.ts";
import { limitOf, pageOf, placeOf } from "./record-page.ts";
import type { Rule } from "./rule.ts";
import { oneLine } from "./safe-text.ts";
import { readySilence } from "./silence.ts";
import { dateOf } from "./time-input.ts";
import { Troubles } from "./troubles.ts";

type SilenceState = "pending" | "active" | "expired";

/** A record whose version grows after each change of a silence: what leaders look at, whatever the clocks say. */
export const SILENCES_ID = "silences";
/** States of records: what leaders read at each change, and what is only kept for people. */
const LIVE = "silence";
const ENDED = "ended";
const LONGEST_MS = 30 * 86_400_000;
/** Ended ones are kept this long for people to read. */
const KEEP_MS = 90 * 86_400_000;
const STATES: readonly SilenceState[] = ["pending", "active", "expired"];
/** Silences that have not ended: each is asked about each incident. */
const MOST_LIVE = 1000;
const MAX_SELECTOR_BYTES = 4096;
const PAGE = 500;
const TRIES = 10;
const MAX_TEXT = 2000;
const FIELDS = new Set(["selector", "starts_at", "ends_at", "author", "comment", "weekly"]);

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the field, `EVT_INVALID_SELECTOR` */
export async function makeSilence(records: AlertRecords, input: SilenceInput, nowMs: number): Promise<Silence> {
  const silence = checked(input, nowMs);
  readySilence(silence);
  if (acceptsAll(parsedOf(silence)))
    throw invalid("selector: accepts every incident, and would silence everything; name at least the rule");
  if ((await records.count("silences", [LIVE])) >= MOST_LIVE)
    throw invalid(`silences: there are ${MOST_LIVE} already that have not ended; end some, or let one cover more`);
  await records.write("silences", [recordOf(silence, { version: 1, nowMs })]);
  await changed(records, nowMs);
  return silence;
}

function parsedOf({ selector }: Pick<Silence, "selector">): ParsedSelector {
  return parseSelector(selector, { naiveTimezone: "UTC" });
}

/** What may be a mistake in a silence that was made, in words: it asks for what no incident has, today. */
export function silenceDoubts(silence: Silence, rules: readonly Rule[]): string[] {
  const troubles = new Troubles();
  const context = { naiveTimezone: "UTC", zone: zoneReader("UTC") };
  incidentCondition(new Field(silence.selector, "selector", troubles), context);
  const parsed = parsedOf(silence);
  const doubts = [...wordDoubts(parsed, rules), ...labelDoubts(parsed, rules)];
  return [...new Set([...troubles.list, ...doubts].map(({ message }) => message))];
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
  if (Buffer.byteLength(JSON.stringify(selector)) > MAX_SELECTOR_BYTES)
    throw invalid(`selector: must be at most ${MAX_SELECTOR_BYTES} bytes of JSON`);
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
  const text = typeof value === "string" ? oneLine(value, MAX_TEXT + 1) : "";
  if (text === "" || text.length > MAX_TEXT) throw invalid(`${field}: must be a text of 1 to ${MAX_TEXT} characters`);
  return text;
}

function weeklyOf({ days, from, to, timezone }: Weekly): Weekly {
  const areDays =
    Array.isArray(days) && days.length > 0 && days.every((day) => Number.isInteger(day) && day >= 0 && day <= 6);
  if (!areDays) throw invalid("weekly.days: must be a list of numbers from 0 (Sunday) to 6");
  if (!isTimeOfDay(from)) throw invalid("weekly.from: must be a time like 22:00");
  if (!isTimeOfDay(to) && to !== DAY_END) throw invalid("weekly.to: must be a time like 22:00, at most 24:00");
  if (from === to) throw invalid("weekly.to: must differ from weekly.from; a whole day is 00:00 to 24:00");
  try {
    zoneReader(timezone);
  } catch {
    throw invalid(`weekly.timezone: "${timezone}" is not a known IANA time zone, like Europe/Berlin`);
  }
  return { days: [...new Set(days)], from, to, timezone };
}

function recordOf(silence: Silence, { version, nowMs }: { version: number; nowMs: number }): AlertRecord {
  const body = silence as unknown as { readonly [field: string]: Json };
  return { _id: silence.silence_id, version, state: LIVE, dueMs: Date.parse(silence.ends_at), updatedMs: nowMs, body };
}

/** The same, kept for people only. */
function asEnded(record: AlertRecord): AlertRecord {
  const dueMs = Date.parse(silenceIn(record).ends_at) + KEEP_MS;
  return { ...record, version: record.version + 1, state: ENDED, dueMs };
}

/** Puts away those that have ended, and removes those that were kept long enough. `most` of them at a time. */
export async function sweepSilences(records: AlertRecords, nowMs: number, most: number): Promise<void> {
  const due = await records.due("silences", nowMs, most);
  const ended = due.filter(({ state }) => state === LIVE).map(asEnded);
  const kept = ended.filter(({ dueMs }) => Number(dueMs) > nowMs);
  if (kept.length > 0) await records.write("silences", kept);
  const keptIds = new Set(kept.map(({ _id }) => _id));
  for (const { _id, version } of due) if (!keptIds.has(_id)) await records.remove("silences", _id, version);
}

/** Those that have not ended, and of the `known` those that are still there. */
export async function liveSilences(records: AlertRecords, known: readonly string[]): Promise<Silence[]> {
  const found: Silence[] = [];
  for await (const record of pages(records, { states: [LIVE] })) found.push(silenceIn(record));
  const ids = new Set(found.map(({ silence_id }) => silence_id));
  const ended = known.filter((id) => !ids.has(id));
  for (let at = 0; at < ended.length; at += PAGE)
    found.push(...(await records.read("silences", ended.slice(at, at + PAGE))).map(silenceIn));
  return found;
}

async function* pages(records: AlertRecords, query: Omit<ListRecords, "limit">): AsyncGenerator<AlertRecord> {
  for (let { after } = query; ; ) {
    const page = await records.list("silences", { ...query, limit: PAGE, ...(after && { after }) });
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = { updatedMs: last.updatedMs, _id: last._id };
  }
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
  // Only those that have not ended may be passed over, of which there are not many.
  const kept = states && !states.includes("expired") ? { states: [LIVE] } : {};
  const found: AlertRecord[] = [];
  for await (const record of pages(records, { ...kept, ...(after && { after }) })) {
    if (!states || states.includes(stateIn(record, nowMs))) found.push(record);
    if (found.length > limit) break;
  }
  return pageOf(found, limit, silenceIn);
}

/** Once ended is ended, whatever the clock at hand says. */
function stateIn(record: AlertRecord, nowMs: number): SilenceState {
  return record.state === ENDED ? "expired" : stateOf(silenceIn(record), nowMs);
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
    if (stateIn(record, nowMs) === "expired") return silence;
    const startsMs = Math.min(Date.parse(silence.starts_at), nowMs);
    const ended = { ...silence, starts_at: new Date(startsMs).toISOString(), ends_at: new Date(nowMs).toISOString() };
    const next = asEnded(recordOf(ended, { version: record.version, nowMs }));
    const [written] = await records.write("silences", [next]);
    if (!written) continue;
    await changed(records, nowMs);
    return ended;
  }
  throw new EventStoreError("EVT_CONFLICT", `id: silence ${id} is being changed by others; try again`);
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
