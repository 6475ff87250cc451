/** Replacing a whole database: not while another process migrates it, or replaces it too. */
import { randomUUID } from "node:crypto";
import type { SchemaRecords } from "../backend/schema-records.ts";
import { exclusively, WHOLE } from "../schema/exclusive.ts";
import type { Io } from "./io.ts";
import type { Place } from "./migrate-place.ts";

export interface ReplacingOptions {
  /** False: the work is done without records; who replaces an SQLite file is alone anyway. */
  readonly isWanted: boolean;
  readonly io: Io;
  readonly signal?: AbortSignal | undefined;
}

export async function replacing<Result>(
  place: Place,
  { isWanted, io, signal }: ReplacingOptions,
  work: (records: SchemaRecords | undefined) => Promise<Result>,
): Promise<Result> {
  if (!isWanted) return work(undefined);
  const records = await place.open(false);
  const onWaiting = () => io.err("a migration of this database is under way; waiting for it");
  try {
    const options = { state: records.state, name: WHOLE, owner: randomUUID(), signal, onWaiting };
    return await exclusively(options, () => work(records));
  } finally {
    await records.close();
  }
}
