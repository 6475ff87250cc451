/**
 * Generators of events and selectors over one small vocabulary, so that selectors often accept some events and not others.
 *
 * For suites that hold a backend to the oracle: `find(s)` must return exactly the events that `matches` accepts.
 */
import fc from "fast-check";
import type { EventInput } from "../../src/event/event.ts";
import type { Selector } from "../../src/event/selector/selector.ts";

export const ZONE = "America/Chicago";
const NODES = ["01JNDE00000000000000000001", "01JNDE00000000000000000002"] as const;
const EXPERIMENT = "01JEXP00000000000000000001";
const OBJECT_IDS = ["65a1b2c3d4e5f60718293a4b", "65a1b2c3d4e5f60718293a4c"] as const;
const IDS = [...OBJECT_IDS, ...Array.from({ length: 30 }, (_, i) => `event-${i}`)];
const TYPES = ["log_error", "node_start", "workflow_complete", "clot_seen"] as const;

/** The same few instants in many notations, naive ones (read in {@link ZONE}) and the hour that comes twice included. */
const TIMESTAMPS = [
  "2025-01-01T10:00:00Z",
  "2025-01-01T10:00:00.000001Z",
  "2025-01-01T11:00:00+01:00",
  "2025-01-01 04:00:00",
  "2025-01-01",
  "2025-11-02T01:30:00",
  "2025-11-02T06:30:00Z",
  "2025-11-02T07:30:00Z",
  "0001-01-02T00:00:00Z",
  "9999-12-31T23:59:59.999999Z",
  "2262-04-12T00:00:00.5Z",
] as const;
const UNIX = [1_735_725_600, 1_735_725_600_000] as const;

const TEXTS = ["x", "xy", "y", "", "Clot pressure", "clot\npressure", "é", "😀", "\uff5e", "1", "a.b*c"] as const;
const NUMBERS = [0, 1, 2, -1, 1.5, -7, 2_147_483_648, 9_007_199_254_740_991, 1e20] as const;
const BIG = [9_007_199_254_740_993n, -1_152_921_504_606_846_976n] as const;
const KEYS = ["a", "b", "c", "0"] as const;

const scalar = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
  { weight: 1, arbitrary: fc.constantFrom(...BIG) },
);

const { value } = fc.letrec<{ value: unknown; list: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: tie("list") },
    { weight: 2, arbitrary: tie("object") },
  ),
  list: fc.array(tie("value"), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { maxKeys: 3, noNullPrototype: true }),
}));

/** Any field may be absent but `_id`; ids may repeat between events, see {@link arbitraryEventInputs}. */
export function arbitraryEventInput(): fc.Arbitrary<EventInput> {
  const fields = fc.record(
    {
      _id: fc.constantFrom(...IDS),
      event_type: fc.constantFrom(...TYPES),
      log_level: fc.constantFrom(10, 20, 30, 40, 50),
      alert: fc.boolean(),
      event_timestamp: fc.constantFrom(...TIMESTAMPS, ...UNIX),
      source: fc.record(
        { node_id: fc.constantFrom(...NODES), experiment_id: fc.constant(EXPERIMENT) },
        { requiredKeys: [] },
      ),
      event_data: fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({ a: value, b: value, c: value }, { requiredKeys: [], noNullPrototype: true }),
        },
        { weight: 1, arbitrary: value },
      ),
      trace_id: fc.constantFrom(null, "x", "y"),
      span_id: fc.constantFrom(null, "x"),
    },
    { requiredKeys: ["_id", "event_timestamp"], noNullPrototype: true },
  );
  return fields;
}

/** Events with different ids. */
export function arbitraryEventInputs(maxLength = 20): fc.Arbitrary<EventInput[]> {
  return fc.uniqueArray(arbitraryEventInput(), { maxLength, selector: (event) => event._id });
}

const LEAF_PATHS = [
  "_id",
  "event_type",
  "log_level",
  "alert",
  "source",
  "source.node_id",
  "source.experiment_id",
  "source.user_id",
  "trace_id",
  "span_id",
  "archived",
  "missing",
] as const;
const DATA_PATHS = [
  "event_data",
  "event_data.a",
  "event_data.b",
  "event_data.a.b",
  "event_data.b.c",
  "event_data.a.b.c",
  "event_data.a.0",
  "event_data.b.0.a",
  "event_data.0",
  "event_data.0.a",
  "event_data.c.0.0",
] as const;

const path = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...LEAF_PATHS) },
  { weight: 5, arbitrary: fc.constantFrom(...DATA_PATHS) },
);

const operand = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: value },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(...TYPES, ...NODES, ...IDS.slice(0, 4), 10, 30, 50) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({ $oid: OBJECT_IDS[0] }, { $date: TIMESTAMPS[0] }, {}, []) },
);

const PATTERNS = [
  "x",
  "^x",
  "^x$",
  "clot",
  "^clot.*pressure$",
  "[xy]",
  "y|x",
  "o.p",
  "\\.b\\*",
  "^e",
  "_s",
  "é",
] as const;
const pattern = fc.record({
  $regex: fc.constantFrom(...PATTERNS),
  $options: fc.constantFrom("", "i", "m", "s", "is", "im"),
});
const regExp = fc.constantFrom(/x/, /^y/, /CLOT/i, /t.p/s, /^pressure$/m);

const ORDER_OPERATORS = ["$gt", "$gte", "$lt", "$lte"] as const;
const TYPE_NAMES = [
  "double",
  "string",
  "object",
  "array",
  "bool",
  "date",
  "objectId",
  "null",
  "int",
  "long",
  "number",
  2,
  16,
] as const;

const simple = fc.oneof(
  fc.record({ $eq: operand }),
  fc.record({ $ne: operand }),
  fc.tuple(fc.constantFrom(...ORDER_OPERATORS), operand).map(([operator, bound]) => ({ [operator]: bound })),
  fc.record({ $gte: fc.constantFrom(...NUMBERS), $lt: fc.constantFrom(...NUMBERS) }),
  fc.record({
    $in: fc.array(fc.oneof({ weight: 9, arbitrary: operand }, { weight: 1, arbitrary: regExp }), { maxLength: 4 }),
  }),
  fc.record({ $nin: fc.array(operand, { maxLength: 4 }) }),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $type: fc.oneof(fc.constantFrom(...TYPE_NAMES), fc.subarray([...TYPE_NAMES], { minLength: 1 })) }),
  pattern,
  fc.record({ $size: fc.constantFrom(0, 1, 2) }),
  fc.record({ $mod: fc.constantFrom([2, 0], [2, 1], [3, -1], [2.9, 0], [7, 2]) }),
  fc.record({ $all: fc.array(operand, { maxLength: 2 }) }),
);

const { condition } = fc.letrec<{ condition: unknown; elements: unknown }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2 },
    { weight: 6, arbitrary: simple },
    { weight: 2, arbitrary: operand },
    { weight: 1, arbitrary: regExp },
    { weight: 1, arbitrary: fc.record({ $not: fc.oneof(simple, regExp) }) },
    { weight: 1, arbitrary: fc.record({ $not: fc.record({ $gte: operand, $exists: fc.boolean() }) }) },
    { weight: 2, arbitrary: fc.record({ $elemMatch: tie("elements") }) },
    { weight: 1, arbitrary: fc.record({ $not: fc.record({ $elemMatch: tie("elements") }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ $all: fc.array(fc.record({ $elemMatch: tie("elements") }), { maxLength: 2 }) }),
    },
  ),
  elements: fc.oneof(
    simple,
    fc.dictionary(fc.constantFrom("a", "b", "b.c", "0"), tie("condition"), { maxKeys: 2, noNullPrototype: true }),
  ),
}));

const timeOperand = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<string>(...TIMESTAMPS) },
  { weight: 2, arbitrary: fc.constantFrom(...TIMESTAMPS).map(($date) => ({ $date })) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({ $date: UNIX[1] }, new Date(UNIX[1]), null, 5, true) },
);
const timeCondition = fc.oneof(
  timeOperand,
  fc
    .tuple(fc.constantFrom("$eq", "$ne", ...ORDER_OPERATORS), timeOperand)
    .map(([operator, bound]) => ({ [operator]: bound })),
  fc.record({ $gte: timeOperand, $lt: timeOperand }),
  fc.record({ $in: fc.array(timeOperand, { maxLength: 3 }) }),
  fc.record({ $nin: fc.array(timeOperand, { maxLength: 3 }) }),
  fc.record({ $not: fc.record({ $gt: timeOperand }) }),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $type: fc.constantFrom("string", "date", "null", ["date", "null"]) }),
  fc.record({ $regex: fc.constantFrom("^2025-01", "Z$", "T10:", "1") }),
);

const field = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(path, condition) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("event_timestamp"), timeCondition) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("archived_at", "received_at"), timeCondition) },
);

/** Selectors that `parseSelector` accepts: every operator, every kind of field, nested logic. */
export function arbitrarySelector(): fc.Arbitrary<Selector> {
  const { selector } = fc.letrec<{ selector: Selector }>((tie) => ({
    selector: fc.oneof(
      { maxDepth: 2 },
      {
        weight: 5,
        arbitrary: fc.array(field, { minLength: 1, maxLength: 2 }).map((pairs) => Object.fromEntries(pairs)),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("$and", "$or", "$nor"), fc.array(tie("selector"), { minLength: 1, maxLength: 3 }))
          .map(([operator, children]) => ({ [operator]: children })),
      },
      { weight: 1, arbitrary: fc.constant({}) },
    ),
  }));
  return selector.filter((candidate) => countRegexes(candidate) <= 10);
}

function countRegexes(part: unknown): number {
  if (part instanceof RegExp) return 1;
  if (typeof part !== "object" || part === null || part instanceof Date) return 0;
  const inner = Object.values(part).reduce((sum: number, child) => sum + countRegexes(child), 0);
  return inner + ("$regex" in part ? 1 : 0);
}
