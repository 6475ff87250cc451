/**
 * Novelty: fingerprints seen, each with when last. Of more than 1000 the one unseen for longest goes, and would count as
 * new again.
 *
 * A fingerprint is made from the values at `of`, texts levelled: what differs from one time to the next (numbers, ids,
 * quoted names, paths) becomes a placeholder.
 */
import { stringifyJson } from "../event/json.ts";
import { sha256, valueAt } from "./event-path.ts";
import { hit, nothing, type Outcome, type Seen } from "./outcome.ts";
import type { When } from "./rule.ts";

const MAX_KNOWN = 1000;
const TEXT_CHARS = 2000;

export interface NoveltyMemory {
  readonly kind: "novelty";
  /** Longest unseen first. */
  readonly known: readonly (readonly [fingerprint: string, seenMs: number])[];
}

type Novelty = Extract<When, { readonly kind: "novelty" }>;

export function rememberFingerprint(memory: NoveltyMemory, when: Novelty, seen: Seen): Outcome<NoveltyMemory> {
  if (!when.select.matches(seen.event)) return nothing(memory);
  const print = fingerprint(seen.event, when.of);
  const before = memory.known.find(([known]) => known === print);
  const isNew = before === undefined || seen.atMs - before[1] > when.forgetMs;
  const seenMs = Math.max(seen.atMs, before?.[1] ?? seen.atMs);
  const known = [...memory.known.filter(([other]) => other !== print), [print, seenMs] as const].slice(-MAX_KNOWN);
  const outcome = hit({ kind: "novelty", known } as const, isNew, "not seen before");
  return { ...outcome, mine: true };
}

/** 16 hex digits. */
function fingerprint(event: unknown, of: readonly string[]): string {
  const values = of.map((path) => {
    const value = valueAt(event, path);
    return value === undefined ? null : levelled(typeof value === "string" ? value : stringifyJson(value));
  });
  return sha256(JSON.stringify(values)).slice(0, 16);
}

/** @example levelled("run 12 of '/data/a.csv'") // "run # of '…'" */
export function levelled(text: string): string {
  return text
    .slice(0, TEXT_CHARS)
    .replace(/"[^"\n]*"|(?<!\w)'[^'\n]*'|`[^`\n]*`/g, "'…'")
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "<id>")
    .replace(/\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/gi, "<id>")
    .replace(/(?:[A-Za-z]:)?(?:[/\\][\w.~+-]+){2,}[/\\]?/g, "<path>")
    .replace(/\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)[0-9a-f]{6,}\b/gi, "<hex>")
    .replace(/\d+(?:[.,:]\d+)*/g, "#")
    .replace(/\s+/g, " ");
}
