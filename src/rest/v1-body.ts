/**
 * Bodies of `/v1` routes that take an object: strict. A field nobody knows is refused with the list of those that are
 * known; every text is bounded.
 *
 * Problems are collected; `check()` throws them all at once.
 */
import type { FastifyRequest } from "fastify";
import { isBlank, visible } from "../alert/safe-text.ts";
import type { Json } from "../event/json.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { bodyBytes, objectBody } from "./body.ts";
import { type Issue, invalidRequest } from "./failure.ts";
import type { Rest } from "./route.ts";

/** What no line of text holds: controls, line and paragraph separators, halves of characters, changes of direction. */
export const NO_LINE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
/** The same for text of several lines. */
const NO_TEXT = /(?![\n\r\t])[\p{Cc}\p{Cs}]/u;
/** Largest instant of a JavaScript date. */
const MAX_MS = 8.64e15;

interface TextRule {
  /** Characters. */
  readonly most: number;
  /** May have several lines. */
  readonly lines?: true;
}

/** Problems name the field, or the way to it. */
type Place = string | readonly (string | number)[];

export class V1Body {
  readonly #body: Readonly<Record<string, Json>>;
  readonly #issues: Issue[] = [];

  constructor(body: Readonly<Record<string, Json>>, known: readonly string[]) {
    this.#body = body;
    for (const name of Object.keys(body)) {
      if (known.includes(name)) continue;
      this.refuse(name, "unknown_field", `Unknown; known are ${known.join(", ") || "none"}`);
    }
  }

  /** The field as it came; null counts as absent. */
  get(name: string): Json | undefined {
    return Object.hasOwn(this.#body, name) ? (this.#body[name] ?? undefined) : undefined;
  }

  /** Whether the field is there at all, be it null. */
  has(name: string): boolean {
    return Object.hasOwn(this.#body, name);
  }

  /** A text, trimmed and without what nobody can see; undefined where it is absent. */
  text(name: string, { most, lines }: TextRule): string | undefined {
    const given = this.get(name);
    if (given === undefined) return undefined;
    const raw = typeof given === "string" ? given.trim() : "";
    const text = visible(raw).trim();
    if (typeof given !== "string") this.refuse(name, "string_type", "Should be text");
    else if ((lines ? NO_TEXT : NO_LINE).test(raw)) this.refuse(name, "control_character", "Holds control characters");
    else if (isBlank(text)) this.refuse(name, "string_too_short", "An empty text");
    else if (text.length > most) this.refuse(name, "string_too_long", `At most ${most} characters`);
    return text;
  }

  /** A text that must be there. */
  need(name: string, rule: TextRule): string {
    const text = this.text(name, rule);
    if (text === undefined) this.refuse(name, "missing", "Field required");
    return text ?? "";
  }

  /** ISO 8601, or epoch milliseconds; undefined where it is absent. */
  time(name: string): string | number | undefined {
    const given = this.get(name);
    if (given === undefined) return undefined;
    const refuse = (reason: string) => this.refuse(name, "datetime_parsing", reason);
    if (typeof given === "number") {
      if (Number.isSafeInteger(given) && given >= 0 && given <= MAX_MS) return given;
      refuse("Should be a whole number of milliseconds since 1970");
    } else if (typeof given === "string") {
      const reason = parseTimestamp(given, (wallMs) => wallMs);
      if (typeof reason !== "string") return given;
      refuse(`Should be an ISO 8601 time: ${reason}`);
    } else refuse("Should be an ISO 8601 time, or milliseconds since 1970");
    return undefined;
  }

  refuse(place: Place, type: string, msg: string): void {
    const path = typeof place === "string" ? [place] : place;
    this.#issues.push({ type, loc: ["body", ...path], msg, input: null });
  }

  /** @throws Failure 422 with every problem met so far. */
  check(): void {
    if (this.#issues.length > 0) throw invalidRequest(this.#issues);
  }
}

/** The body of a request as an object with these fields. */
export async function readBody({ options }: Rest, request: FastifyRequest, known: readonly string[]): Promise<V1Body> {
  return new V1Body(await objectBody(request, options.limits.bodyBytes), known);
}

/** The same where the whole body may be missing. */
export async function readOptionalBody(rest: Rest, request: FastifyRequest, known: readonly string[]): Promise<V1Body> {
  const bytes = await bodyBytes(request, rest.options.limits.bodyBytes);
  return bytes === undefined ? new V1Body({}, known) : readBody(rest, request, known);
}
