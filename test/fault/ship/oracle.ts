/**
 * Oracle: what must be true of everything a fault has touched, once the last process is done.
 *
 * An application logs `{ run, n }` with n = 1 … N. Then every n is stored, or a dead letter, or counted by an event of type
 * `log_dropped`; nothing is stored twice; and the order of the log can be told by (sender, seq), whose gaps are reported.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { StoredEvent } from "../../../src/event/event.ts";
import { LETTER_FILE } from "../../../src/ship/dead-letters.ts";
import { EventStore } from "../../../src/store/store.ts";

/** Lines of each run that must be there: 1 … N. A plain number stands for the one run there is. */
export type Emitted = number | Readonly<Record<string, number>>;

export interface Whole {
  readonly emitted: Emitted;
  readonly stored: readonly StoredEvent[];
  /** Folder of the dead letters; default none are expected. */
  readonly deadLetters?: string;
  /** Events of type `log_dropped`; default those among `stored`. */
  readonly drops?: readonly StoredEvent[];
  /** A process was killed: lines beyond N may be there too, in part. @default false */
  readonly beyond?: boolean;
}

/** A line as it was found: its number, and its place in the order of its sender. */
interface Found {
  readonly run: string;
  readonly n: number;
  readonly sender: string;
  readonly seq: number;
}

interface Drop {
  readonly count: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly sender: string;
}

/** The first few of each kind are enough to look for the cause. */
interface Damage {
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  readonly disordered: readonly string[];
  readonly gaps: readonly string[];
  readonly invented: readonly string[];
}

const SHOWN = 8;
const NONE: Damage = { missing: [], twice: [], disordered: [], gaps: [], invented: [] };

/** Fails with what is missing, double, out of order, skipped without a word, or was never logged. */
export function expectWhole(whole: Whole): void {
  expect(damageOf(whole)).toEqual(NONE);
}

function damageOf({ emitted, stored, deadLetters, drops, beyond = false }: Whole): Damage {
  // What the application has not logged (reports, a crash) only has a place.
  const [others, lines] = split(stored.map(foundIn), ({ n }) => Number.isNaN(n));
  const letters = deadLetters === undefined ? [] : deadLettersIn(deadLetters).map(({ event }) => foundIn(event));
  const reports = drops ?? stored.filter(({ event_type }) => event_type === "log_dropped");
  const dropped = reports.map(({ event_data }) => event_data as unknown as Drop);
  const places = [...lines, ...letters, ...others];
  const wanted = wantedOf(emitted, lines, letters);
  const found = new Set([...lines, ...letters].map(nameOf));
  const missing = [...wanted].filter((name) => !found.has(name));
  const reported = dropped.reduce((sum, { count }) => sum + count, 0);
  const isAccounted = beyond ? missing.length <= reported : missing.length === reported;
  return {
    missing: isAccounted ? [] : shown([`${missing.length} missing, ${reported} reported`, ...missing]),
    twice: shown(repeated(lines.map(nameOf))),
    disordered: shown(disorderedOf(lines)),
    gaps: shown(gapsOf(places, dropped)),
    invented: beyond ? [] : shown([...found].filter((name) => !wanted.has(name))),
  };
}

function wantedOf(emitted: Emitted, lines: readonly Found[], letters: readonly Found[]): ReadonlySet<string> {
  const only = [...lines, ...letters][0]?.run ?? "";
  const runs = typeof emitted === "number" ? { [only]: emitted } : emitted;
  const names = Object.entries(runs).flatMap(([run, count]) =>
    Array.from({ length: count }, (_, at) => nameOf({ run, n: at + 1 })),
  );
  return new Set(names);
}

function foundIn(event: Pick<StoredEvent, "event_data">): Found {
  const { run = "", n, sender, seq } = event.event_data as Partial<Found>;
  return { run, n: Number(n), sender: String(sender), seq: Number(seq) };
}

function split<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

const nameOf = ({ run, n }: Pick<Found, "run" | "n">) => `${run}#${n}`;

function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
}

/** Within one sender and run, a later place must hold a later line. */
function disorderedOf(lines: readonly Found[]): string[] {
  const last = new Map<string, Found>();
  const wrong: string[] = [];
  for (const line of [...lines].sort((a, b) => a.seq - b.seq)) {
    const key = `${line.sender} ${line.run}`;
    const before = last.get(key);
    if (before !== undefined && before.n >= line.n)
      wrong.push(`${nameOf(before)} (${before.seq}) before ${nameOf(line)} (${line.seq})`);
    last.set(key, line);
  }
  return wrong;
}

/** Places of a sender between its first and its last that hold nothing and that no report speaks of. */
function gapsOf(places: readonly Found[], drops: readonly Drop[]): string[] {
  const bySender = new Map<string, Set<number>>();
  for (const { sender, seq } of places) bySender.set(sender, (bySender.get(sender) ?? new Set()).add(seq));
  return [...bySender].flatMap(([sender, seqs]) => {
    const spoken = drops.filter((drop) => drop.sender === sender);
    const isSpokenOf = (seq: number) => spoken.some((drop) => drop.first_seq <= seq && seq <= drop.last_seq);
    const last = [...seqs].reduce((most, seq) => Math.max(most, seq), 0);
    const all = Array.from({ length: last }, (_, at) => at + 1);
    return all.filter((seq) => !seqs.has(seq) && !isSpokenOf(seq)).map((seq) => `${sender} ${seq}`);
  });
}

function shown(all: readonly string[]): string[] {
  return all.length <= SHOWN ? [...all] : [...all.slice(0, SHOWN), `… ${all.length - SHOWN} more`];
}

export interface Letter {
  readonly reason: string;
  readonly sender: string;
  readonly seq: number;
  readonly event: StoredEvent;
}

/** Every dead letter in a folder; none when there is no folder. */
export function deadLettersIn(folder: string): Letter[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => LETTER_FILE.test(name));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"));
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Letter);
}

/** All events of a store, read beside whoever has it open. */
export async function storedIn(url: string, database?: string): Promise<StoredEvent[]> {
  await using store = await EventStore.open(url, { readOnly: true, ...(database !== undefined && { database }) });
  const events: StoredEvent[] = [];
  for await (const event of store.find()) events.push(event);
  return events;
}
