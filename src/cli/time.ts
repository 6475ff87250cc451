/** Times on the command line: any notation an event may have, or how long ago (`10m`, `2h`, `7d`). */

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const AGO = /^\s*(\d+(?:\.\d+)?)\s*([smhdw])(?:\s+ago)?\s*$/i;

/** The instant a duration before `now` stands for; other text unchanged, for the store to read. */
export function timeArgument(text: string | undefined, now: Date): Date | string | undefined {
  const match = text === undefined ? null : AGO.exec(text);
  if (!match) return text === "now" ? now : text;
  const unit = (match[2] as string).toLowerCase() as keyof typeof UNIT_MS;
  const instant = new Date(now.getTime() - Number(match[1]) * UNIT_MS[unit]);
  return Number.isNaN(instant.getTime()) ? text : instant;
}
