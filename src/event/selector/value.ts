/**
 * Tests of one value, compiled once: what an operator means for a value that already stands alone.
 * Which values a path leads to is path.ts's business.
 */
import { compareText, compareValues, rankOf, typeOf } from "./compare.ts";
import type { ValueTest } from "./path.ts";
import { compileRegex } from "./regex.ts";
import {
  DateValue,
  type Node,
  OidValue,
  type Operand,
  type RegexOperand,
  type Test,
  type TypeName,
} from "./selector.ts";

/** What compiling a test needs to know about where it stands. */
export interface TestContext {
  /** True for the path `_id` of an event: only there an object id can equal text. */
  readonly isId: boolean;
  readonly compileNode: (node: Node) => (doc: object) => boolean;
}

const NEVER: ValueTest = () => false;

export function compileValueTest(test: Test, context: TestContext): ValueTest {
  switch (test.op) {
    case "eq":
      return compileEquals(test.value, context.isId);
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return compileRange(test.op, test.value);
    case "in":
      return compileIn(test.values, test.regexes, context.isId);
    case "exists":
      return (value) => (value !== undefined) === test.value;
    case "type":
      return compileType(test.types);
    case "regex":
      return compilePattern(test.regex);
    case "size":
      return (value) => Array.isArray(value) && value.length === test.value;
    case "mod":
      return compileMod(test.divisor, test.remainder);
    case "elemMatchNode":
      return compileElements(
        context.compileNode(test.node) as ValueTest,
        (element) => typeof element === "object" && element !== null,
      );
    case "elemMatchTests":
      return compileElements(compileEvery(test.tests, { ...context, isId: false }), (element) => element !== undefined);
    case "all":
      return test.tests.length === 0 ? NEVER : compileEvery(test.tests, context);
    case "not": {
      const every = compileEvery(test.tests, context);
      return (value) => !every(value);
    }
  }
}

function compileEvery(tests: readonly Test[], context: TestContext): ValueTest {
  const compiled = tests.map((test) => compileValueTest(test, context));
  return (value) => compiled.every((holds) => holds(value));
}

function compileElements(holds: ValueTest, eligible: ValueTest): ValueTest {
  return (value) => Array.isArray(value) && value.some((element) => eligible(element) && holds(element));
}

function compileEquals(operand: Operand, isId: boolean): ValueTest {
  if (operand === null) return (value) => value === null || value === undefined;
  switch (typeof operand) {
    case "string":
    case "boolean":
      return (value) => value === operand;
    case "number":
    case "bigint": {
      const key = numberKey(operand);
      return (value) => value === operand || (isNumber(value) && numberKey(value) === key);
    }
    default:
      if (operand instanceof OidValue) return isId ? (value) => value === operand.hex : NEVER;
      if (operand instanceof DateValue) return NEVER;
      return (value) => typeof value === "object" && value !== null && compareValues(value, operand) === 0;
  }
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** One key for one number, whichever of JavaScript's two types holds it. */
function numberKey(value: number | bigint): number | bigint {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
}

const HOLDS = {
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
} as const;

function compileRange(op: keyof typeof HOLDS, operand: Operand): ValueTest {
  if (operand === null) return op === "gte" || op === "lte" ? (value) => value === null || value === undefined : NEVER;
  if (typeof operand === "number" || typeof operand === "bigint") return compileNumberRange(op, operand as number);
  const holds = HOLDS[op];
  if (typeof operand === "string") return (value) => typeof value === "string" && holds(compareText(value, operand));
  const rank = rankOf(operand);
  return (value) => rankOf(value) === rank && holds(compareValues(value, operand));
}

/** JavaScript compares number and bigint exactly; `bound` is typed as number to please the compiler. */
function compileNumberRange(op: keyof typeof HOLDS, bound: number): ValueTest {
  switch (op) {
    case "gt":
      return (value) => isNumber(value) && value > bound;
    case "gte":
      return (value) => isNumber(value) && value >= bound;
    case "lt":
      return (value) => isNumber(value) && value < bound;
    case "lte":
      return (value) => isNumber(value) && value <= bound;
  }
}

function compileIn(operands: readonly Operand[], regexes: readonly RegexOperand[], isId: boolean): ValueTest {
  const scalars = new Set<unknown>();
  const rest: ValueTest[] = [];
  for (const operand of operands) {
    if (isNumber(operand)) scalars.add(numberKey(operand));
    else if (typeof operand === "object" && operand !== null) rest.push(compileEquals(operand, isId));
    else scalars.add(operand);
  }
  if (scalars.has(null)) scalars.add(undefined);
  rest.push(...regexes.map(compilePattern));
  const listed: ValueTest = (value) => scalars.has(isNumber(value) ? numberKey(value) : value);
  return rest.length === 0 ? listed : (value) => listed(value) || rest.some((holds) => holds(value));
}

function compileType(types: ReadonlySet<TypeName>): ValueTest {
  return (value) => {
    const type = typeOf(value);
    return type !== undefined && types.has(type);
  };
}

function compilePattern(regex: RegexOperand): ValueTest {
  const holds = compileRegex(regex);
  return (value) => typeof value === "string" && holds(value);
}

function compileMod(divisor: number, remainder: number): ValueTest {
  return (value) => {
    if (typeof value === "number" && Number.isSafeInteger(Math.trunc(value)))
      return Math.trunc(value) % divisor === remainder;
    const whole = toLong(value);
    return whole !== undefined && whole % BigInt(divisor) === BigInt(remainder);
  };
}

/** A number beyond the safe integers as 64-bit integer, if it is one. */
function toLong(value: unknown): bigint | undefined {
  if (!isNumber(value) || (typeof value === "number" && !Number.isFinite(value))) return undefined;
  const whole = BigInt(value);
  return BigInt.asIntN(64, whole) === whole ? whole : undefined;
}
