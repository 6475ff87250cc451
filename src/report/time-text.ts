/** Times as reports tell them: naive UTC. */
import { formatInstant, type Instant } from "../event/instant.ts";
import type { Micros } from "./types.ts";

/** `2025-06-10T13:02:11.123456`, without a fraction where it is zero. */
export function naiveUtc(time: Micros | Instant): string {
  return formatInstant(typeof time === "bigint" ? time : BigInt(time)).slice(0, -1);
}

/** `2025-12-01T00:00:00+00:00`: when a report was made. */
export function madeAt(now: Date): string {
  return `${naiveUtc(BigInt(now.getTime()) * 1000n)}+00:00`;
}
