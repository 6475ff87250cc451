/**
 * A place among the arrivals, as text safe in a URL.
 *
 *   database . ring . number . watermark [ . walked ms . walked id ]
 *
 * Ring and number are exact within the process that made them. Anywhere else the watermark counts: what was received
 * well before it has been delivered. The last two say how far a walk through the database has come (arrivals-walk.ts).
 */
import { createHash } from "node:crypto";

/** A place in the order of arrival as the documents tell it: by millisecond, then by id. */
export interface WalkPlace {
  readonly ms: number;
  readonly id: string;
}

export interface ArrivalPlace {
  /** Which process's ring, and since when. */
  readonly ring: string;
  /** Delivered up to this number of the ring. */
  readonly number: number;
  /** What was received before has been delivered, latecomers aside; ms since 1970. */
  readonly watermarkMs: number;
  /** Set during a walk: the ring goes on behind `number` when it ends. */
  readonly walked?: WalkPlace | undefined;
}

/** Two databases rarely share it. */
export function databaseMark(database: string, collection: string): string {
  return createHash("sha256").update(`${database}.${collection}`).digest("base64url").slice(0, 6);
}

export function encodePlace(mark: string, { ring, number, watermarkMs, walked }: ArrivalPlace): string {
  const parts = [mark, ring, number.toString(36), watermarkMs.toString(36)];
  if (walked) parts.push(walked.ms.toString(36), Buffer.from(walked.id).toString("base64url"));
  return parts.join(".");
}

const CURSOR =
  /^([\w-]{6})\.([\w-]{8})\.([0-9a-z]{1,11})\.(-?[0-9a-z]{1,11})(?:\.(-?[0-9a-z]{1,11})\.([\w-]{0,1400}))?$/;
/** Farthest a `Date` reaches. */
const LAST_MS = 8.64e15;

/** Undefined for anything `encodePlace` did not make for this database. */
export function decodePlace(mark: string, cursor: string): ArrivalPlace | undefined {
  const [, database, ring = "", number = "", watermark = "", ms, id = ""] = CURSOR.exec(cursor) ?? [];
  if (database !== mark) return undefined;
  const watermarkMs = Number.parseInt(watermark, 36);
  const walkedMs = ms === undefined ? 0 : Number.parseInt(ms, 36);
  if (Math.abs(watermarkMs) > LAST_MS || Math.abs(walkedMs) > LAST_MS) return undefined;
  const walked = ms === undefined ? undefined : { ms: walkedMs, id: Buffer.from(id, "base64url").toString() };
  return { ring, number: Number.parseInt(number, 36), watermarkMs, walked };
}
