/** Check: one thing `doctor` has looked at, and what to do about it. */

export type State = "ok" | "warn" | "fail";

export interface Check {
  readonly name: string;
  readonly state: State;
  /** What was found. */
  readonly detail: string;
  /** What mends it; none where nothing is to be done. */
  readonly fix?: string;
}

export const ok = (name: string, detail: string): Check => ({ name, state: "ok", detail });
export const doubt = (name: string, detail: string, fix: string): Check => ({ name, state: "warn", detail, fix });
export const failed = (name: string, detail: string, fix: string): Check => ({ name, state: "fail", detail, fix });

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.5 GiB` */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

const TIMES = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** `3 h`, for a length of time in ms. */
export function lengthText(ms: number): string {
  const size = Math.abs(ms);
  const [unit, unitMs] = TIMES.find(([, least]) => size >= least) ?? ["ms", 1];
  return `${Math.round(size / unitMs)} ${unit}`;
}
