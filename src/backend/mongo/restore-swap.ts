/**
 * Swap: collections that were restored beside the old ones take their names.
 *
 *   1  events                     events__restoring_1a2b3c4d     restored and counted
 *   2  events__replaced_1a2b3c4d  events__restoring_1a2b3c4d     for a moment there is none
 *   3  events__replaced_1a2b3c4d  events
 *   4                             events                         only when all have come to 3
 *
 * A process may die anywhere. The next restore finds the names and goes back from 2 to 1, on from 3 to 4. A server that
 * writes in between makes a collection of its own in 2: its documents join those of the collection that takes the name.
 *
 * A process may also be stopped anywhere and wake up when another restore has taken over: it asks before every step, and
 * undoes nothing that may be another's.
 */
import type { Collection } from "mongodb";
import { EventStoreError } from "../../errors.ts";
import type { Connection } from "./driver.ts";
import type { RestoreCodec } from "./restore-bson.ts";
import { insertDocuments } from "./restore-insert.ts";

const STAGED = /^(.+)__restoring_([0-9a-f]{8})$/s;
const REPLACED = /^(.+)__replaced_([0-9a-f]{8})$/s;
/** Names that no backup may bring. */
const KEPT = /__(?:restoring|replaced)_/;
/** What has no collection's name before it: leases and notes. */
const NOTES = /^__restoring_/;
/** A server that writes may make the collection again and again. */
const ATTEMPTS = 5;
const NAMESPACE_EXISTS = 48;
const NAMESPACE_NOT_FOUND = 26;
const INVALID_NAMESPACE = 73;

export const stagedName = (name: string, id: string): string => `${name}__restoring_${id}`;
const replacedName = (name: string, id: string): string => `${name}__replaced_${id}`;

export interface SwapPlace {
  readonly connection: Connection;
  readonly codec: RestoreCodec;
  readonly onStep: (step: string) => void | Promise<void>;
  /** Rejects when another restore may have taken over. */
  readonly assertHeld: () => Promise<void>;
}

/**
 * The first collection that a restore has taken away and not yet replaced with what belongs to it; undefined for none. Such
 * a database is neither the old nor the new one.
 */
function halfSwapped(names: readonly string[]): string | undefined {
  const present = new Set(names);
  const staged = new Set(names.map((name) => STAGED.exec(name)?.[2]));
  for (const old of names) {
    const [, name, id] = REPLACED.exec(old) ?? [];
    if (name !== undefined && (!present.has(name) || staged.has(id))) return name;
  }
  return undefined;
}

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` */
export function assertNotHalf(names: readonly string[], database: string): void {
  const half = halfSwapped(names);
  if (half === undefined) return;
  const what = `a restore into the database ${database} is just replacing ${half}, or died there`;
  throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `${what}; wait for it, or run it again`);
}

/** True for what a restore has made for itself. */
export const isRestores = (name: string): boolean => STAGED.test(name) || REPLACED.test(name) || NOTES.test(name);

/** True also for what only looks like it. */
export const isKeptName = (name: string): boolean => KEPT.test(name);

/** All collections that are not the system's or a restore's. */
export async function collectionNames(connection: Connection): Promise<readonly string[]> {
  return (await allNames(connection)).filter((name) => !KEPT.test(name) && !name.startsWith("system."));
}

async function allNames(connection: Connection): Promise<readonly string[]> {
  const list = () => connection.db.listCollections({}, { nameOnly: true }).toArray();
  return (await connection.call("list its collections", list)).map(({ name }) => name);
}

/** Only where nobody else restores. */
export async function removeLeftovers(place: SwapPlace): Promise<void> {
  const names = new Set(await allNames(place.connection));
  for (const old of names) {
    const [, name, id] = REPLACED.exec(old) ?? [];
    if (name === undefined || id === undefined) continue;
    const isTaken = names.has(name);
    // Swapped for good: what was staged has the name.
    if (isTaken && !names.has(stagedName(name, id))) await drop(place, old);
    else await renameInto(place, old, name, isTaken);
  }
  for (const name of names) if (STAGED.test(name)) await drop(place, name);
}

/** @param names of what was staged under this id */
export async function swapCollections(place: SwapPlace, names: readonly string[], id: string): Promise<void> {
  const before = new Set(await allNames(place.connection));
  const done: string[] = [];
  try {
    for (const name of names) {
      await place.onStep(`swap ${name}: begin`);
      await place.assertHeld();
      if (before.has(name)) await rename(place, name, replacedName(name, id));
      done.push(name);
      await place.onStep(`swap ${name}: old one away`);
      await place.assertHeld();
      await renameInto(place, stagedName(name, id), name, false);
      await place.onStep(`swap ${name}: done`);
    }
    await place.assertHeld();
  } catch (error) {
    await undo(place, done, id).catch(() => {});
    throw error;
  }
  for (const name of names) if (before.has(name)) await drop(place, replacedName(name, id));
}

/** The old ones back in their places; what cannot be undone now, the next restore does. */
async function undo(place: SwapPlace, names: readonly string[], id: string): Promise<void> {
  for (const name of names.toReversed()) {
    await place.assertHeld();
    const present = new Set(await allNames(place.connection));
    const isDone = present.has(name) && !present.has(stagedName(name, id));
    if (isDone) await rename(place, name, stagedName(name, id));
    if (present.has(replacedName(name, id))) await renameInto(place, replacedName(name, id), name, false);
  }
}

/** Renames; a collection that a server has made there meanwhile is poured into this one first. */
async function renameInto(place: SwapPlace, from: string, to: string, isTaken: boolean): Promise<void> {
  if (isTaken) await pour(place, to, from);
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(place, from, to);
    } catch (error) {
      if (codeOf(error) !== NAMESPACE_EXISTS || attempt === ATTEMPTS) throw error;
      await pour(place, to, from);
    }
  }
}

async function pour(place: SwapPlace, from: string, into: string): Promise<void> {
  const { connection, codec } = place;
  const collection: Collection = connection.db.collection(into);
  const cursor = connection.db.collection(from).find({}, { raw: true, readPreference: "primary" });
  try {
    while (await connection.call("read", () => cursor.hasNext())) {
      const documents = cursor.readBufferedDocuments() as unknown as Uint8Array[];
      await insertDocuments({ connection, codec, collection, name: from }, documents);
    }
  } finally {
    await cursor.close().catch(() => {});
  }
  await place.assertHeld();
  await drop(place, from);
}

async function rename({ connection }: SwapPlace, from: string, to: string): Promise<void> {
  try {
    await connection.call(`rename ${from} to ${to}`, () => connection.db.renameCollection(from, to));
  } catch (cause) {
    if (codeOf(cause) !== INVALID_NAMESPACE) throw cause;
    const fix = "restore into a database without it, and not in place of what is there (--into, no --drop)";
    const message = `this server cannot rename ${from} (FerretDB renames no collection with a dot in its name); ${fix}`;
    throw new EventStoreError("EVT_INVALID_OPTION", message, { cause });
  }
}

export async function drop({ connection }: Pick<SwapPlace, "connection">, name: string): Promise<void> {
  try {
    await connection.attempt(() => connection.db.dropCollection(name));
  } catch (error) {
    if (codeOf(error) !== NAMESPACE_NOT_FOUND) await connection.call(`drop ${name}`, () => Promise.reject(error));
  }
}

function codeOf(error: unknown): unknown {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return typeof code === "number" ? code : (cause as { readonly code?: unknown } | undefined)?.code;
}
