/** Documents of a backup into a target: opened or staged, inserted, counted, finished, swapped. */
import type { CollectionTarget, DumpTarget } from "../backend/dump-contract.ts";
import { EventStoreError } from "../errors.ts";
import type { Content } from "./content.ts";
import { damage, shown } from "./damage.ts";
import type { BackupCommon, RestoreReport } from "./types.ts";

export interface RestoreContentOptions extends BackupCommon {
  readonly target: DumpTarget;
  readonly drop?: boolean | undefined;
  readonly collections?: readonly string[] | undefined;
  /** Sees every document that was taken. */
  readonly onDocuments?: ((collection: string, documents: readonly Uint8Array[]) => void) | undefined;
}

export interface CheckedContent {
  readonly path: string;
  readonly content: Content;
  /** By collection, as they were counted. */
  readonly documents: Readonly<Record<string, number>>;
}

export async function restoreContent(source: CheckedContent, options: RestoreContentOptions): Promise<RestoreReport> {
  const { target, drop, onStep } = options;
  const names = chosen(source, options);
  try {
    const run = new Run(source, options);
    for (const metadata of source.content.collections) {
      if (!names.has(metadata.collectionName)) continue;
      run.add(metadata.collectionName, drop ? await target.stage(metadata) : await target.open(metadata));
      await onStep?.(`opened ${metadata.collectionName}`);
    }
    await run.insertAll();
    await run.finish();
    if (drop) await target.swap();
    await onStep?.("restored");
    return { collections: run.report() };
  } catch (error) {
    // What cannot be removed now, the next restore removes.
    if (drop) await target.abandon().catch(() => {});
    throw error;
  }
}

/** Those that were asked for, as far as the engine has a place for them. */
function chosen({ path, content }: CheckedContent, options: RestoreContentOptions): ReadonlySet<string> {
  const { collections: wanted, target, warn } = options;
  const there = content.collections.map(({ collectionName }) => collectionName);
  const missing = wanted?.find((name) => !there.includes(name));
  if (missing !== undefined)
    throw damage(path, `holds no collection ${shown(missing)}; it holds ${there.map(shown).join(", ")}`);
  const asked = there.filter((name) => wanted?.includes(name) ?? true);
  const accepted = asked.filter((name) => target.accepts(name));
  for (const name of asked) {
    if (!accepted.includes(name)) warn?.(`the collection ${shown(name)} has no place in this database and is left out`);
  }
  if (accepted.length === 0) throw damage(path, "holds nothing that this database has a place for");
  return new Set(accepted);
}

interface Progress {
  readonly target: CollectionTarget;
  inserted: number;
  skipped: number;
}

class Run {
  readonly #source: CheckedContent;
  readonly #options: RestoreContentOptions;
  readonly #progress = new Map<string, Progress>();
  #bytes = 0;

  constructor(source: CheckedContent, options: RestoreContentOptions) {
    this.#source = source;
    this.#options = options;
  }

  add(name: string, target: CollectionTarget): void {
    this.#progress.set(name, { target, inserted: 0, skipped: 0 });
  }

  async insertAll(): Promise<void> {
    const { signal, onStep } = this.#options;
    for await (const { collection, documents } of this.#source.content.parts({ signal })) {
      const progress = this.#progress.get(collection);
      if (progress === undefined) continue;
      const { inserted, skipped } = await progress.target.insert(documents);
      progress.inserted += inserted;
      progress.skipped += skipped;
      this.#tell(collection, documents);
      await onStep?.(`inserted ${progress.inserted + progress.skipped} of ${collection}`);
    }
  }

  async finish(): Promise<void> {
    for (const [name, progress] of this.#progress) {
      await this.#checkCount(name, progress);
      await progress.target.finish();
      await this.#options.onStep?.(`finished ${name}`);
    }
  }

  report(): RestoreReport["collections"] {
    const entries = [...this.#progress].map(([name, { inserted, skipped }]) => [name, { inserted, skipped }]);
    return Object.fromEntries(entries);
  }

  #tell(collection: string, documents: readonly Uint8Array[]): void {
    const { inserted = 0, skipped = 0 } = this.#progress.get(collection) ?? {};
    for (const { length } of documents) this.#bytes += length;
    const expected = this.#source.documents[collection] ?? 0;
    this.#options.onDocuments?.(collection, documents);
    this.#options.onProgress?.({ collection, documents: inserted + skipped, expected, bytes: this.#bytes });
  }

  /** What was staged must be what was looked at; of what was added to, at least that must be there. */
  async #checkCount(name: string, { target, inserted, skipped }: Progress): Promise<void> {
    const { path, documents } = this.#source;
    const expected = documents[name] ?? 0;
    if (inserted + skipped !== expected) throw damage(path, `was changed while it was read: ${shown(name)}`);
    if (!this.#options.drop) return;
    const count = await target.count(expected);
    if (count === expected) return;
    const twice = skipped > 0 ? `; ${skipped} of its documents have an _id that comes twice` : "";
    const message = `${shown(name)}: the database holds ${count} of ${expected} documents after the restore${twice}`;
    throw new EventStoreError(skipped > 0 ? "EVT_INVALID_OPTION" : "EVT_BACKEND_UNAVAILABLE", message);
  }
}
