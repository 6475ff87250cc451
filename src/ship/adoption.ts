/** Adoption: the spools of dead processes, found from time to time and sent after our own lines, the oldest first. */
import { join } from "node:path";
import type { LineSource } from "./batcher.ts";
import type { Books } from "./books.ts";
import type { Clock } from "./clock.ts";
import type { DropReport } from "./drops.ts";
import { DROPS_FILE, type Losses } from "./losses.ts";
import type { MapLine, Mapping } from "./map.ts";
import type { Report } from "./report.ts";
import { unready } from "./shipper-options.ts";
import { adoptOrphans } from "./spool/adopt.ts";
import { Adopted } from "./spool/adopted.ts";
import type { FileSystem } from "./spool/file-system.ts";
import type { SpoolPlace } from "./spool-place.ts";

export interface AdoptionOptions {
  readonly place: SpoolPlace;
  readonly mapOf: (mapping: Mapping) => Promise<MapLine>;
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly books: Books;
  readonly losses: Losses;
  readonly report: Report;
  /** There is something to send. */
  readonly found: () => void;
}

interface AdoptedSource extends LineSource {
  readonly spool: Adopted;
}

const LOOK_EVERY_MS = 10_000;

export class Adoption {
  readonly #with: AdoptionOptions;
  /** What dead processes had not told any more. */
  readonly #reports: LineSource;
  #sources: AdoptedSource[] = [];
  /** Folders that are ours and not removed yet. */
  readonly #folders = new Set<string>();
  /** Folders that are not ours, as was said once. */
  readonly #left = new Set<string>();
  #isStopped = false;
  #cancel: (() => void) | undefined;

  constructor(options: AdoptionOptions) {
    this.#with = options;
    const { place, books, losses } = options;
    const take = () => {
      const lines = losses.foreign();
      books.add("in", lines.length);
      return { lines, lastSeq: 0 };
    };
    this.#reports = { sender: place.sender, map: unready, take };
  }

  get isEmpty(): boolean {
    return this.#folders.size === 0 && !this.#with.losses.hasForeign;
  }

  /** Bytes on disk that wait. */
  get bytes(): number {
    return this.#sources.reduce((sum, { spool }) => sum + spool.bytes, 0);
  }

  /** Looks now and every ten seconds; `folder` is our own, while there is one. */
  start(folder: () => string | undefined): void {
    if (this.#isStopped) return;
    const again = () => {
      if (!this.#isStopped) this.#cancel = this.#with.clock.after(LOOK_EVERY_MS, () => this.start(folder), true);
    };
    this.#look(folder()).then(again, again);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** What is to be sent for dead processes: their losses, then the oldest spool, if any. */
  source(): LineSource | undefined {
    if (this.#isStopped) return undefined;
    return this.#with.losses.hasForeign ? this.#reports : this.#sources[0];
  }

  settle(source: LineSource, seq: number): void {
    if (source === this.#reports) {
      if (seq >= 0) this.#with.losses.toldForeign();
      return;
    }
    try {
      (source as AdoptedSource).spool.settle(seq);
    } catch {
      // Sent again by whoever reads it next; the ids are known then.
    }
  }

  /** A spool is at its end. */
  finished(source: LineSource): void {
    const { spool } = source as AdoptedSource;
    this.#sources = this.#sources.filter((one) => one !== source);
    try {
      spool.remove();
      this.#folders.delete(spool.folder);
    } catch (error) {
      this.#with.report("adopted", `an emptied spool cannot be removed (${(error as Error).message})`);
    }
  }

  /** Leaves what is left for others. */
  release(): void {
    for (const { spool } of this.#sources) spool.release();
  }

  async #look(own: string | undefined): Promise<void> {
    const { fs, place } = this.#with;
    if (own === undefined || place.root === undefined) return;
    const folders: string[] = [];
    await adoptOrphans({
      fs,
      root: place.root,
      own,
      destination: place.destination,
      left: (folder, why) => this.#leave(folder, why),
      isStopped: () => this.#isStopped,
      taken: (folder) => {
        this.#folders.add(folder);
        folders.push(folder);
      },
    });
    for (const folder of folders) await this.#adopt(folder);
  }

  #leave(folder: string, why: string): void {
    if (this.#left.has(folder)) return;
    this.#left.add(folder);
    this.#with.report(`left ${folder}`, `the spool ${folder} ${why}; it is left alone`);
  }

  async #adopt(folder: string): Promise<void> {
    const { books, report } = this.#with;
    try {
      const spool = this.#opened(folder);
      this.#inheritDrops(folder);
      const map = await this.#mapFor(spool.about?.mapping);
      if (this.#isStopped) return spool.release();
      // A folder is called after its sender.
      const sender = folder.slice(-26);
      this.#sources.push({ spool, sender, map, take: (events, bytes) => this.#take(spool, events, bytes) });
      books.add("adopted");
      this.#with.found();
    } catch (error) {
      report("adopted", `the spool ${folder} cannot be read (${(error as Error).message}); it is left alone`);
    }
  }

  #opened(folder: string): Adopted {
    const { fs, place, losses } = this.#with;
    return new Adopted({
      fs,
      folder,
      destination: place.destination,
      lost: (firstSeq, lastSeq) => losses.vanishedElsewhere(folder.slice(-26), firstSeq, lastSeq),
      corrupt: (segment, bytes, isTail) => losses.corrupt(segment, bytes, isTail),
    });
  }

  /** A mapping that means nothing any more must not keep the lines from leaving. */
  async #mapFor(mapping: unknown): Promise<MapLine> {
    const { mapOf, report } = this.#with;
    try {
      return await mapOf((typeof mapping === "object" && mapping !== null ? mapping : {}) as Mapping);
    } catch (error) {
      report("adopted", `the mapping of an adopted spool cannot be used (${(error as Error).message})`);
      return mapOf({});
    }
  }

  #take(spool: Adopted, maxEvents: number, maxBytes: number) {
    const lines = spool.take(maxEvents, maxBytes);
    this.#with.books.add("in", lines.length);
    return { lines, lastSeq: lines.at(-1)?.seq ?? 0 };
  }

  #inheritDrops(folder: string): void {
    const { fs, losses } = this.#with;
    try {
      const path = join(folder, DROPS_FILE);
      const reports = JSON.parse(fs.readFile(path).toString()) as DropReport[];
      losses.inherit(reports.filter((one) => typeof one?._id === "string"));
      fs.remove(path);
    } catch {
      // Mostly there is none.
    }
  }
}
