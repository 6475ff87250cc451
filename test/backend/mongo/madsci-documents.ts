/**
 * A database as MADSci 0.6 and 0.7 leave it, with what years of use add to it: older fields missing, notations mixed,
 * and documents no server of theirs can read any more. In the order of their instants (naive is UTC).
 */
import { Binary, Long, ObjectId, UUID } from "mongodb";

export const NODE = "01JNDE00000000000000000001";

interface Fixture {
  readonly doc: Record<string, unknown>;
  /** What must be read in place of the document's own fields. */
  readonly read?: Record<string, unknown>;
  /** True when no event has this shape, so that reading it is a repair. */
  readonly broken?: boolean;
}

const plain = (_id: unknown, event_timestamp: unknown, more: Record<string, unknown> = {}) => ({
  _id,
  event_type: "log_info",
  log_level: 20,
  alert: false,
  event_timestamp,
  source: { node_id: NODE },
  event_data: { message: String(_id) },
  ...more,
});
/** As 0.7 writes it. */
const full = (_id: unknown, event_timestamp: unknown, more: Record<string, unknown> = {}) =>
  plain(_id, event_timestamp, { trace_id: null, span_id: null, archived: false, archived_at: null, ...more });
const epoch = { event_timestamp: "1970-01-01T00:00:00Z" };

export const FIXTURES: readonly Fixture[] = [
  { doc: { _id: "bare" }, read: { ...epoch, event_type: "unknown", source: {}, event_data: {} }, broken: true },
  { doc: full("garbage-time", "soon"), read: epoch, broken: true },
  { doc: full("missing-time", undefined), read: epoch, broken: true },
  { doc: full("null-time", null), read: epoch, broken: true },
  {
    doc: full("01ARZ3NDEKTSV4RRFFQ69G5FAV", "once upon a time"),
    read: { event_timestamp: "2016-07-30T23:54:10.259000Z" },
    broken: true,
  },
  { doc: plain("0.6-naive", "2025-01-01T09:00:00") },
  {
    doc: plain("0.6-renamed", "2025-01-01T09:00:01", { event_type: "experiment_stop" }),
    read: { event_type: "experiment_cancelled" },
  },
  { doc: full("east", "2025-01-01T23:30:00+14:00") },
  {
    doc: full("date-time", new Date("2025-01-01T09:45:00.250Z")),
    read: { event_timestamp: "2025-01-01T09:45:00.250000Z" },
  },
  { doc: full("0.7-naive", "2025-01-01T10:00:00.547703") },
  { doc: full("offset", "2025-01-01T15:30:00.600000+05:30") },
  { doc: full("utc", "2025-01-01T10:00:01Z") },
  { doc: full("space", "2025-01-01 10:00:02"), read: { event_timestamp: "2025-01-01T10:00:02" } },
  { doc: full("long-offset", "2025-01-01T10:00:03+00:00"), read: { event_timestamp: "2025-01-01T10:00:03Z" } },
  {
    doc: full(new ObjectId("65a1b2c3d4e5f60718293a4b"), "2025-01-01T10:00:04Z"),
    read: { _id: "65a1b2c3d4e5f60718293a4b" },
  },
  { doc: full(7, "2025-01-01T10:00:05Z"), read: { _id: "7" } },
  { doc: full("no-type", "2025-01-01T10:00:06Z", { event_type: 5 }), read: { event_type: "unknown" }, broken: true },
  { doc: full("no-level", "2025-01-01T10:00:07Z", { log_level: "x" }), read: { log_level: 20 }, broken: true },
  { doc: full("level-between", "2025-01-01T10:00:08Z", { log_level: 45 }), read: { log_level: 40 }, broken: true },
  { doc: full("level-double", "2025-01-01T10:00:09Z", { log_level: Long.fromNumber(40) }), read: { log_level: 40 } },
  { doc: full("no-source", "2025-01-01T10:00:10Z", { source: null }), read: { source: {} }, broken: true },
  {
    doc: full("odd-source", "2025-01-01T10:00:11Z", { source: { node_id: "robot", lab_id: null, extra: 1 } }),
    read: { source: {} },
    broken: true,
  },
  { doc: full("no-alert", "2025-01-01T10:00:12Z", { alert: "perhaps" }), read: { alert: false }, broken: true },
  { doc: full("no-trace", "2025-01-01T10:00:13Z", { trace_id: 12 }), read: { trace_id: null }, broken: true },
  {
    doc: full("archived", "2025-01-01T10:00:14Z", {
      archived: true,
      archived_at: new Date("2025-02-01T00:00:00.125Z"),
    }),
    read: { archived: true, archived_at: "2025-02-01T00:00:00.125000Z" },
  },
  {
    doc: full("archived-text", "2025-01-01T10:00:15Z", { archived: true, archived_at: "2025-02-02T00:00:00+02:00" }),
    read: { archived: true, archived_at: "2025-02-01T22:00:00Z" },
  },
  {
    doc: full("archived-naive", "2025-01-01T10:00:16Z", { archived: true, archived_at: "2025-02-03T00:00:00.500000" }),
    read: { archived: true, archived_at: "2025-02-03T00:00:00.500000Z" },
  },
  { doc: full("archived-never", "2025-01-01T10:00:17Z", { archived: true }), read: { archived: true } },
  {
    doc: full("odd-values", "2025-01-01T10:00:18Z", {
      event_data: {
        id: new ObjectId("65a1b2c3d4e5f60718293a4c"),
        when: new Date("2025-01-01T00:00:00Z"),
        long: Long.fromString("9007199254740993"),
        bytes: new Binary(Buffer.from("abc")),
        uuid: new UUID("0e2f5e62-6f0a-4b4e-8a3b-1d0c7a6f9b11"),
        pattern: /clot/i,
      },
    }),
    read: {
      event_data: {
        id: "65a1b2c3d4e5f60718293a4c",
        when: "2025-01-01T00:00:00.000Z",
        long: 9007199254740993n,
        bytes: "YWJj",
        uuid: "0e2f5e62-6f0a-4b4e-8a3b-1d0c7a6f9b11",
        pattern: "/clot/i",
      },
    },
  },
  { doc: full("text-data", "2025-01-01T10:00:19Z", { event_data: "text" }) },
  { doc: full("odd-ts", "2025-01-01T10:00:20Z", { ts: "x" }) },
  { doc: full("west", "2025-01-01T00:30:00-11:00") },
  {
    doc: full("no-such-day", "2025-02-29T10:00:00Z"),
    read: { event_timestamp: "2025-02-28T23:59:59.999999Z" },
    broken: true,
  },
];

/** The documents in another order than theirs. */
export const DOCUMENTS: readonly Record<string, unknown>[] = FIXTURES.map(({ doc }) => stored(doc)).toReversed();

/** An absent field is absent, not null. */
function stored(doc: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(doc).filter(([, value]) => value !== undefined));
}
