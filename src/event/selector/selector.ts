/**
 * Selector: the caller's condition in MongoDB's syntax, and the checked tree it becomes.
 *
 * parse.ts turns the caller's object into this tree (or refuses it by path and operator), matches.ts runs it over events,
 * each backend compiles it to its own language. `matches` is the oracle: a backend must return exactly what it accepts.
 *
 * Time fields (`event_timestamp`, `archived_at`, `received_at`) are compared as instants: a date or ISO text compared
 * with them has become a {@link DateValue} in the tree, whatever notation it had.
 */
import type { Instant } from "../instant.ts";

/** A condition in MongoDB's syntax, e.g. `{ log_level: { $gte: 40 }, "source.node_id": "01J…" }`. @since 0.1.0 */
export type Selector = Readonly<Record<string, unknown>>;

/** Event fields whose comparisons mean instants. */
export const TIME_FIELDS: ReadonlySet<string> = new Set(["event_timestamp", "archived_at", "received_at"]);

/** A date in a selector: from EJSON `$date`, a `Date`, or ISO text compared with a time field. */
export class DateValue {
  readonly instant: Instant;
  constructor(instant: Instant) {
    this.instant = instant;
  }
}

/** EJSON `$oid`: 24 hex digits, lower case. Only ids another program wrote can equal it. */
export class OidValue {
  readonly hex: string;
  constructor(hex: string) {
    this.hex = hex;
  }
}

/** What a selector may compare with. Objects and arrays may hold DateValue and OidValue inside. */
export type Operand =
  | null
  | boolean
  | number
  | bigint
  | string
  | DateValue
  | OidValue
  | readonly Operand[]
  | { readonly [key: string]: Operand };

/** BSON type names an event's values can have. */
export type TypeName =
  | "double"
  | "string"
  | "object"
  | "array"
  | "bool"
  | "date"
  | "objectId"
  | "null"
  | "int"
  | "long";

export interface RegexOperand {
  readonly pattern: string;
  /** Any of `i`, `m`, `s`, in that order. */
  readonly flags: string;
}

/** A test of the value(s) a path leads to. MongoDB's array rules are the reader's business. */
export type Test =
  | { readonly op: "eq" | "gt" | "gte" | "lt" | "lte"; readonly value: Operand }
  | { readonly op: "in"; readonly values: readonly Operand[]; readonly regexes: readonly RegexOperand[] }
  | { readonly op: "exists"; readonly value: boolean }
  | { readonly op: "type"; readonly types: ReadonlySet<TypeName> }
  | { readonly op: "regex"; readonly regex: RegexOperand }
  /** `$elemMatch` with conditions on the element's fields. */
  | { readonly op: "elemMatchNode"; readonly node: Node }
  /** `$elemMatch` with operators on the element itself; all must hold. */
  | { readonly op: "elemMatchTests"; readonly tests: readonly Test[] }
  /** `$all`: every entry must hold; an entry is an `eq`, a `regex` or an elemMatch test. Empty matches nothing. */
  | { readonly op: "all"; readonly tests: readonly Test[] }
  | { readonly op: "size"; readonly value: number }
  | { readonly op: "mod"; readonly divisor: number; readonly remainder: number }
  /** `$not`, `$ne` (over eq) and `$nin` (over in): holds where not all of `tests` hold. */
  | { readonly op: "not"; readonly tests: readonly Test[] };

/** `{}` is an `and` without children: it matches everything. */
export type Node =
  | { readonly op: "and" | "or" | "nor"; readonly children: readonly Node[] }
  | { readonly op: "field"; readonly path: readonly string[]; readonly test: Test };

/** A selector that passed the guard. Made only by `parseSelector`. @since 0.1.0 */
export interface ParsedSelector {
  readonly root: Node;
  /** First segments of every path it names, e.g. `log_level`, `source`. */
  readonly fields: ReadonlySet<string>;
}
