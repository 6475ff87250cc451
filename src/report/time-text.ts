/** Times as reports tell them: naive UTC. */
import { formatInstant, type Instant } from "../event/instant.ts";
import type { Micros } from "./types.ts";

/** `2025-06-10T13:02:11.123456`, without a fraction where it is zero. */
export function naiveUtc(time: Micros | Instant): string {
  return typeof time === "bigint" ? formatInstant(time).slice(0, -1) : fast(time);
}

/** The same without a bigint: reports tell hundreds of thousands of times. */
function fast(time: Micros): string {
  const whole = Math.floor(time / 1e6);
  const micros = time - whole * 1e6;
  const text = new Date(whole * 1000).toISOString().slice(0, -5);
  return micros === 0 ? text : `${text}.${String(micros).padStart(6, "0")}`;
}

/** `2025-12-01T00:00:00+00:00`: when a report was made. */
export function madeAt(now: Date): string {
  return `${naiveUtc(BigInt(now.getTime()) * 1000n)}+00:00`;
}
