/**
 * Verify: is a backup whole, and does it restore to what it holds?
 *
 *   checksum and every document ─ restored into a scratch database ─ counts ─ a random sample, field by field
 *
 * A backup that fails is an answer, not an error; a scratch database that does not answer is an error.
 */
import type { CollectionMetadata, DumpTarget } from "../backend/dump-contract.ts";
import { EventStoreError } from "../errors.ts";
import { shown } from "./damage.ts";
import { checkBackup, openBackup } from "./inspect.ts";
import { type CheckedBackup, restoreChecked } from "./restore.ts";
import { Samples } from "./samples.ts";
import type { BackupVerdict, RestoreReport, VerifyBackupOptions } from "./types.ts";

const SAMPLES = 100;

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` where the disk or the scratch database does not answer @since 0.1.0 */
export async function verifyBackup(path: string, options: VerifyBackupOptions = {}): Promise<BackupVerdict> {
  let documents: Readonly<Record<string, number>> = {};
  try {
    const backup = await openBackup(path, { warn: options.warn });
    documents = await checkBackup(backup, options);
    await options.onStep?.("checked");
    if (options.scratch === undefined) return { valid: true, reason: null, documents, restored: false };
    const { reason, counts } = await restoreInScratch({ backup, documents }, options, options.scratch);
    return { valid: reason === null, reason, documents: { ...counts, ...documents }, restored: true };
  } catch (error) {
    return { valid: false, reason: reasonOf(error), documents, restored: false };
  }
}

/** What is wrong with the backup; anything else is thrown on. */
function reasonOf(error: unknown): string {
  if (error instanceof EventStoreError && error.code === "EVT_INVALID_OPTION") return error.message;
  throw error;
}

interface ScratchResult {
  readonly reason: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

async function restoreInScratch(
  checked: CheckedBackup,
  options: VerifyBackupOptions,
  open: () => Promise<DumpTarget>,
): Promise<ScratchResult> {
  const target = await opened(open);
  try {
    const samples = new Samples(options.samples ?? SAMPLES);
    const { signal, onProgress, onStep, warn } = options;
    const onDocuments = samples.add.bind(samples);
    const report = await restoreChecked(checked, { target, signal, onProgress, onStep, warn, onDocuments });
    await onStep?.("restored into scratch");
    const counts = Object.fromEntries(Object.entries(report.collections).map(([name, its]) => [name, its.inserted]));
    return { reason: await difference({ checked, report, samples }, target), counts };
  } catch (error) {
    return { reason: `the restore test failed: ${reasonOf(error)}`, counts: {} };
  } finally {
    await target.destroy().catch((error: unknown) => {
      options.warn?.(`the scratch database ${target.database} could not be removed (${(error as Error).message})`);
    });
    await target.close();
  }
}

/** Whatever keeps it from being opened says nothing of the backup. */
async function opened(open: () => Promise<DumpTarget>): Promise<DumpTarget> {
  try {
    return await open();
  } catch (cause) {
    if (!(cause instanceof EventStoreError)) throw cause;
    const message = `no scratch database to restore it into: ${cause.message}`;
    throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", message, { cause });
  }
}

interface Restored {
  readonly checked: CheckedBackup;
  readonly report: RestoreReport;
  readonly samples: Samples;
}

/** The first one, in words; null for none. */
async function difference({ checked, report, samples }: Restored, target: DumpTarget): Promise<string | null> {
  const { backup, documents } = checked;
  const metadata = new Map(backup.content?.collections.map((its) => [its.collectionName, its]));
  for (const [name, { inserted, skipped }] of Object.entries(report.collections)) {
    if (skipped > 0) return `${shown(name)}: ${skipped} document(s) have an _id that comes twice`;
    const expected = documents[name] ?? inserted;
    const described = metadata.get(name);
    const found = described
      ? await restedOf(target, { metadata: described, expected }, samples)
      : { count: inserted, difference: undefined };
    if (found.count !== expected) return `${shown(name)}: ${found.count} of ${expected} document(s) were restored`;
    if (found.difference !== undefined) return `${shown(name)}: ${found.difference}`;
  }
  const missing = Object.keys(documents).find((name) => documents[name] && report.collections[name] === undefined);
  return missing === undefined || (metadata.has(missing) && !target.accepts(missing))
    ? null
    : `${shown(missing)} was not restored`;
}

interface Expected {
  readonly metadata: CollectionMetadata;
  readonly expected: number;
}

async function restedOf(target: DumpTarget, { metadata, expected }: Expected, samples: Samples) {
  const collection = await target.open(metadata);
  const difference = await collection.difference(samples.of(metadata.collectionName));
  return { count: await collection.count(expected), difference };
}
