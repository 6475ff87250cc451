/**
 * Conditions on the time fields of our documents: instants are compared as `ts` or as dates, exactly.
 */
import { type Instant, toMs } from "../../event/instant.ts";
import { DateValue, type RegexOperand, type Test } from "../../event/selector/selector.ts";
import { EVERYTHING, type Filter, NOTHING } from "./parts.ts";

export function regexFilter({ pattern, flags }: RegexOperand): Filter {
  return flags === "" ? { $regex: pattern } : { $regex: pattern, $options: flags };
}

/** `event_timestamp` of our documents: always text with an instant. */
export function timestampFilter(test: Test): Filter {
  switch (test.op) {
    case "eq":
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return test.value instanceof DateValue ? { ts: { [`$${test.op}`]: test.value.instant } } : NOTHING;
    case "in": {
      const instants = test.values.flatMap((value) => (value instanceof DateValue ? [value.instant] : []));
      const patterns = test.regexes.map((regex) => timestampFilter({ op: "regex", regex }));
      return { $or: [{ ts: { $in: instants } }, ...patterns] };
    }
    case "exists":
      return test.value ? EVERYTHING : NOTHING;
    case "type":
      return test.types.has("string") ? EVERYTHING : NOTHING;
    case "regex":
      return { event_timestamp: regexFilter(test.regex) };
    default:
      return combined(test, timestampFilter);
  }
}

/** `archived_at` and `received_at`: dates of whole milliseconds, or null. */
export function dateFilter(name: string, test: Test): Filter {
  switch (test.op) {
    case "eq":
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      if (test.value === null) return test.op === "gt" || test.op === "lt" ? NOTHING : { [name]: null };
      return test.value instanceof DateValue ? dateRange(name, test.op, test.value.instant) : NOTHING;
    case "in":
      return { $or: [NOTHING, ...test.values.map((value) => dateFilter(name, { op: "eq", value }))] };
    case "exists":
      return test.value ? EVERYTHING : NOTHING;
    case "type": {
      const types = [test.types.has("date") ? { [name]: { $type: "date" } } : NOTHING];
      return { $or: test.types.has("null") ? [...types, { [name]: null }] : types };
    }
    case "regex":
      return NOTHING;
    default:
      return combined(test, (inner) => dateFilter(name, inner));
  }
}

/** An instant between two milliseconds: nothing equals it, and above it begins with the later one. */
export function dateRange(name: string, op: "eq" | "gt" | "gte" | "lt" | "lte", instant: Instant): Filter {
  const floor = toMs(instant);
  if (BigInt(floor) * 1000n === instant) return { [name]: { [`$${op}`]: new Date(floor) } };
  if (op === "eq") return NOTHING;
  return { [name]: op.startsWith("g") ? { $gt: new Date(floor) } : { $lte: new Date(floor) } };
}

/** Tests made of other tests. Arrays and numbers are nothing a time field ever holds. */
function combined(test: Test, compile: (test: Test) => Filter): Filter {
  if (test.op === "not") return { $nor: [{ $and: test.tests.map(compile) }] };
  if (test.op === "all" && test.tests.length > 0) return { $and: test.tests.map(compile) };
  return NOTHING;
}
