/**
 * Kinds of settings: how text (environment, flags, `.env`) and typed values (YAML, JSON, TOML) become one checked value.
 *
 * Each kind is a zod schema with the words an error needs. Reading is lax about notation and strict about meaning.
 */
import { z } from "zod";
import { isCron } from "../backup/schedule.ts";
import { isUlid } from "../event/id.ts";
import { levelName, parseLevel } from "../event/levels.ts";
import { parseBool } from "../event/parse.ts";
import { zoneReader } from "../event/zone.ts";

export interface Kind<T> {
  readonly schema: z.ZodType<T>;
  /** Completes "must be …". */
  readonly expected: string;
  /** A value that would do. */
  readonly example: string;
  readonly nullable?: boolean;
}

const trimmed = (value: unknown) => (typeof value === "string" ? value.trim() : value);

function lowerScheme(value: unknown): unknown {
  const url = trimmed(value);
  return typeof url === "string" ? url.replace(/^[a-z+]+:/i, (scheme) => scheme.toLowerCase()) : url;
}

function number(value: unknown): unknown {
  const text = trimmed(value);
  return typeof text === "string" && /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A whole number of at least `min`. */
export function int(min: number, max?: number): Kind<number> {
  const schema = max === undefined ? z.int().min(min) : z.int().min(min).max(max);
  const expected = max === undefined ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`;
  return { schema: z.preprocess(number, schema), expected, example: String(Math.min(Math.max(min, 10), max ?? 10)) };
}

export const seconds: Kind<number> = {
  schema: z.preprocess(number, z.number().min(0)),
  expected: "a number of seconds",
  example: "60",
};

export const bool: Kind<boolean> = {
  schema: z.preprocess((value) => parseBool(trimmed(value)) ?? value, z.boolean()),
  expected: "true or false",
  example: "true",
};

export const text: Kind<string> = { schema: z.string().min(1), expected: "text", example: "some-text" };

export const ulid: Kind<string> = {
  schema: z.preprocess(trimmed, z.string().refine(isUlid)),
  expected: "a ULID (26 characters, upper case)",
  example: "01JYKZDPANTNRYXF5TQKRJS0F2",
};

export const zone: Kind<string> = {
  schema: z.preprocess(trimmed, z.string().refine(isZone)),
  expected: "an IANA time zone",
  example: "Europe/Berlin",
};

export const cron: Kind<string> = {
  schema: z.preprocess(trimmed, z.string().refine(isCron)),
  expected:
    "a cron line of minute, hour, day, month and weekday (seconds may come first), or @daily and the like, that comes true some time",
  example: "0 3 * * *",
};

export const level: Kind<number> = {
  schema: z.preprocess((value) => parseLevel(trimmed(value)) ?? value, z.literal([0, 10, 20, 30, 40, 50])),
  expected: `a log level (${[0, 10, 20, 30, 40, 50].map((n) => `${n} ${levelName(n)}`).join(", ")})`,
  example: "WARNING",
};

export const httpUrl: Kind<string> = {
  schema: z.preprocess(
    trimmed,
    z.string().refine((url) => isUrl(url, ["http:", "https:"])),
  ),
  expected: "an http:// or https:// URL",
  example: "http://localhost:8001",
};

/** Where events rest; wrong schemes are refused by name in database-url.ts. */
export const databaseUrl: Kind<string> = {
  schema: z.preprocess(lowerScheme, z.string().regex(/^(mongodb(\+srv)?:\/\/.|sqlite:.|memory:$)/)),
  expected: "a database URL starting with sqlite:, mongodb://, mongodb+srv:// or memory:",
  example: "sqlite:.madsci/events/events.db",
};

/** A list of texts: an array, JSON text of one, or names separated by commas. */
export const list: Kind<string[]> = {
  schema: z.preprocess(listOf, z.array(z.string())),
  expected: "a list (JSON array, or texts separated by commas)",
  example: "one,two",
};

/** What `alerting` holds: the section itself (an object, or JSON text of one), or the path of a file of it. */
export const section: Kind<string | Readonly<Record<string, unknown>>> = {
  schema: z.preprocess(sectionOf, z.union([z.record(z.string(), z.unknown()), z.string().min(1)])),
  expected: "an object, or the path of a YAML or JSON file of it",
  example: "/etc/madsci/alerts.yaml",
};

export function choice<const T extends string>(values: readonly T[]): Kind<T> {
  const word = (value: unknown) => (typeof value === "string" ? value.trim().toLowerCase() : value);
  return {
    schema: z.preprocess(word, z.enum(values as unknown as [T, ...T[]])) as unknown as z.ZodType<T>,
    expected: `one of ${values.join(", ")}`,
    example: values[0] ?? "",
  };
}

/** The same kind, or null (the words `null` and `none` in text). */
export function nullable<T>(kind: Kind<T>): Kind<T | null> {
  const schema = z.preprocess(
    (value) => (typeof value === "string" && /^\s*(null|none)\s*$/i.test(value) ? null : value),
    kind.schema.nullable(),
  );
  return { schema, expected: `${kind.expected}, or null`, example: kind.example, nullable: true };
}

function sectionOf(value: unknown): unknown {
  const text = trimmed(value);
  if (typeof text !== "string" || !text.startsWith("{")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // begun as an object, and none: no path either
  }
}

function listOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (value.trimStart().startsWith("[")) {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function isUrl(url: string, protocols: readonly string[]): boolean {
  return URL.canParse(url) && protocols.includes(new URL(url).protocol);
}

function isZone(name: string): boolean {
  try {
    zoneReader(name);
    return true;
  } catch {
    return false;
  }
}
