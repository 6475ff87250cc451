/** Archiving and purging in bounded durable steps, so that neither holds a database for long. */
import type { Backend } from "../backend/backend.ts";
import type { ParseContext } from "../event/parse.ts";
import { assertKnown } from "./known.ts";
import { type ArchiveOptions, archiveTargets, type TimeInput, toInstant, wholeNumber } from "./query.ts";

/** Events per step unless the caller says otherwise. */
const DEFAULT_STEP = 1000;
const PURGE_OPTIONS = new Set(["archivedBefore", "batchSize"]);

/** @since 0.1.0 */
export interface PurgeOptions {
  readonly archivedBefore: TimeInput;
  readonly batchSize?: number;
}

/** How many were not archived before. */
export async function archiveSteps(backend: Backend, options: ArchiveOptions, context: ParseContext): Promise<number> {
  const at = toInstant("at", options.at ?? context.now(), context);
  const batch = wholeNumber("batchSize", options.batchSize) || DEFAULT_STEP;
  let batches = options.maxBatches ?? Number.POSITIVE_INFINITY;
  let archived = 0;
  for (const target of archiveTargets(options, batch, context)) {
    for (let last = batch; last === batch && batches > 0; batches--) {
      last = await backend.archive(target, at, batch);
      archived += last;
      if ("ids" in target) break;
    }
  }
  return archived;
}

/** How many were deleted. */
export async function purgeSteps(backend: Backend, options: PurgeOptions, context: ParseContext): Promise<number> {
  assertKnown("purge", options, PURGE_OPTIONS);
  const before = toInstant("archivedBefore", options.archivedBefore, context);
  const batch = wholeNumber("batchSize", options.batchSize) || DEFAULT_STEP;
  let purged = 0;
  for (let last = batch; last === batch; ) {
    last = await backend.purge(before, batch);
    purged += last;
  }
  return purged;
}
