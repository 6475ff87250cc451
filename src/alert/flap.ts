/**
 * Flap: an incident that fires and resolves over and over. Five changes within half an hour make one notice; then
 * nothing is said until a quarter of an hour has passed without a change.
 */
export interface Flap {
  /** Instants of firing and resolving, newest last. */
  readonly changes: readonly number[];
  /** Since when it counts as flapping. */
  readonly sinceMs: number | null;
  /** The notice has been given. */
  readonly told: boolean;
}

const FLAP_CHANGES = 5;
const FLAP_WITHIN_MS = 30 * 60_000;
const FLAP_STABLE_MS = 15 * 60_000;

/** One more change. */
export function flapped(flap: Flap, atMs: number): Flap {
  const changes = [...flap.changes, atMs].slice(-FLAP_CHANGES);
  const oldest = changes[0] as number;
  const starts = flap.sinceMs === null && changes.length === FLAP_CHANGES && atMs - oldest <= FLAP_WITHIN_MS;
  return { ...flap, changes, sinceMs: starts ? atMs : flap.sinceMs };
}

/** When it counts as stable again; null when it is. */
export function stableAt(flap: Flap): number | null {
  return flap.sinceMs === null ? null : (flap.changes.at(-1) ?? flap.sinceMs) + FLAP_STABLE_MS;
}

export const steady: Flap = { changes: [], sinceMs: null, told: false };
