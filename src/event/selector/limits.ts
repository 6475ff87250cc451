/**
 * How large a selector may be, and what its parser carries along.
 */
import { EventStoreError } from "../../errors.ts";
import { localZone, type ZoneReader, zoneReader } from "../zone.ts";
import { type Loc, refusal } from "./refuse.ts";
import type { Node } from "./selector.ts";

/** Bounds on what one selector may cost. @since 0.1.0 */
export interface SelectorLimits {
  /** Nesting of conditions (`$and`, `$not`, `$elemMatch` …) and, separately, of a value compared with. @default 16 */
  readonly maxDepth: number;
  /** Conditions and logical operators in all. @default 200 */
  readonly maxNodes: number;
  /** Entries of one list (`$in`, `$nin`, `$all`) and of one array or object compared with. @default 1000 */
  readonly maxEntries: number;
  /** Regular expressions in all. @default 10 */
  readonly maxRegexes: number;
  /** Characters of one regular expression. @default 256 */
  readonly maxPatternLength: number;
  /** Characters of one dotted path. @default 256 */
  readonly maxPathLength: number;
  /** Segments of one dotted path. @default 16 */
  readonly maxPathSegments: number;
}

export const DEFAULT_SELECTOR_LIMITS: SelectorLimits = Object.freeze({
  maxDepth: 16,
  maxNodes: 200,
  maxEntries: 1000,
  maxRegexes: 10,
  maxPatternLength: 256,
  maxPathLength: 256,
  maxPathSegments: 16,
});

/** @since 0.1.0 */
export interface SelectorOptions {
  /** IANA zone in which timestamps without offset are read. @default the zone of this process */
  readonly naiveTimezone?: string;
  readonly limits?: Partial<SelectorLimits>;
}

/** One parse under way: its limits, what it has used of them, and the way back into the parser of whole selectors. */
export interface Parsing {
  readonly zone: ZoneReader;
  readonly limits: SelectorLimits;
  readonly parseNode: (selector: unknown, at: Place) => Node;
  nodes: number;
  regexes: number;
}

/** Where the parser is. */
export interface Place {
  readonly loc: Loc;
  readonly depth: number;
  /** True while paths start at the event; false inside `$elemMatch`. */
  readonly root: boolean;
  /** True for operands of exactly a time field. */
  readonly time: boolean;
  /** True for operands of exactly `event_type`. */
  readonly type?: boolean;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` for an unknown zone, an unknown limit or one that is no whole number. */
export function startParsing(options: SelectorOptions, parseNode: Parsing["parseNode"]): Parsing {
  const limits = { ...DEFAULT_SELECTOR_LIMITS };
  for (const [name, value] of Object.entries(options.limits ?? {})) {
    if (value === undefined) continue;
    if (!Object.hasOwn(limits, name) || !Number.isSafeInteger(value) || value < 0) {
      throw new EventStoreError("EVT_INVALID_OPTION", `selector limit ${name} is unknown or not a whole number`);
    }
    limits[name as keyof SelectorLimits] = value;
  }
  return { zone: zoneReader(options.naiveTimezone ?? localZone()), limits, parseNode, nodes: 0, regexes: 0 };
}

/** The place one key or index further in. */
export function inside(at: Place, ...keys: Loc): Place {
  return { ...at, loc: [...at.loc, ...keys] };
}

/** Counts one condition; refuses the one too many. */
export function countNode(parsing: Parsing, at: Place): void {
  if (++parsing.nodes <= parsing.limits.maxNodes) return;
  throw refusal(at.loc, `a selector may have at most ${parsing.limits.maxNodes} conditions`, undefined);
}

/** Counts one level of conditions; refuses the one too deep, so recursion stays bounded. */
export function deeper(parsing: Parsing, at: Place): Place {
  if (at.depth < parsing.limits.maxDepth) return { ...at, depth: at.depth + 1 };
  throw refusal(at.loc, `conditions may be nested at most ${parsing.limits.maxDepth} deep`, undefined);
}
