/**
 * Losses: everything that does not reach a store, counted, reported and kept where that is possible.
 *
 * Refused events become dead letters; without a place for them they are dropped. What is dropped is written beside the
 * spool too, so that a crash does not hide a gap, until it has become an event of type `log_dropped`.
 */
import { join } from "node:path";
import { LEVEL, levelName } from "../event/levels.ts";
import type { Books } from "./books.ts";
import type { Clock } from "./clock.ts";
import { type DeadLetter, DeadLetters, type LostLetters } from "./dead-letters.ts";
import { type Drop, type DropReport, Drops, MEANING, reportLine } from "./drops.ts";
import type { Item } from "./item.ts";
import type { Block } from "./line-cutter.ts";
import type { ResolvedShipOptions } from "./options.ts";
import type { Report } from "./report.ts";
import type { FileSystem } from "./spool/file-system.ts";
import type { Segment } from "./spool/segment.ts";
import type { Line } from "./spool/spool-reader.ts";

export interface LossesOptions {
  readonly sender: string;
  /** The folder of the own spool, while there is one. */
  readonly folder: () => string | undefined;
  readonly options: ResolvedShipOptions;
  readonly fs: FileSystem;
  readonly books: Books;
  readonly clock: Clock;
  readonly report: Report;
}

export const DROPS_FILE = "drops.json";
const SAVE_AFTER_MS = 1000;
/** Damaged bytes worth keeping; more would fill the disk that is failing. */
const KEPT_CORRUPT_BYTES = 16_777_216;

export class Losses {
  readonly #with: LossesOptions;
  readonly #drops: Drops;
  readonly #letters: DeadLetters | undefined;
  #cancelSave: (() => void) | undefined;
  #corruptKept = 0;

  constructor(options: LossesOptions) {
    this.#with = options;
    this.#drops = new Drops(options.sender);
    this.#letters = this.#openLetters();
  }

  /** Lines that are lost. */
  dropped(drop: Drop): void {
    this.#with.books.drop(drop);
    const levels = [...(drop.byLevel?.keys() ?? [])].map(levelName).join(", ");
    const { dropped } = this.#with.books.counts;
    const what = `${MEANING[drop.reason]}${levels === "" ? "" : `, ${levels}`}`;
    this.#with.report(`dropped ${drop.reason}`, `${drop.count} event(s) lost: ${what}; ${dropped} lost in all`);
    this.#drops.add(drop);
    if (this.#with.folder() !== undefined)
      this.#cancelSave ??= this.#with.clock.after(SAVE_AFTER_MS, () => this.#save(), true);
  }

  /** Lines that were on our disk. */
  vanished(firstSeq: number, lastSeq: number): void {
    this.dropped({ reason: "corrupt", count: lastSeq - firstSeq + 1, firstSeq, lastSeq });
  }

  /** Lines of a dead process that were on its disk; nobody has counted them before. */
  vanishedElsewhere(sender: string, firstSeq: number, lastSeq: number): void {
    const count = lastSeq - firstSeq + 1;
    this.#with.books.add("in", count);
    this.dropped({ reason: "corrupt", sender, count, firstSeq, lastSeq });
    // At once: what was missed is not missed again when its folder is gone.
    this.#save();
  }

  /** Lines after the end. */
  late(count: number, seq: number): void {
    this.dropped({ reason: "closed", count, firstSeq: seq, lastSeq: seq });
  }

  /** Lines that only memory had as the process ended. */
  closed(lines: { readonly count: number; readonly firstSeq: number; readonly lastSeq: number }): void {
    this.dropped({ reason: "closed", ...lines });
  }

  /** A line that is no event any more. */
  oversize(beginning: Buffer, bytes: number): void {
    this.#with.books.add("in");
    this.#with.report("too long", `a line of ${bytes} bytes is too long to become an event`);
    const line = beginning.toString("utf8");
    this.#bury({ reason: "the line is too long", seq: 0, line, bytes });
  }

  rejected({ event, seq, isReport }: Item, reason: string): void {
    this.#with.report("rejected", `event ${event._id} was rejected: ${reason}`);
    // Telling about a report that was refused would go on for ever.
    if (isReport) this.#with.books.drop({ reason: "refused", count: 1 });
    else this.#bury({ reason, seq, event });
  }

  /** Bytes of a spool that are no frames. */
  corrupt(segment: Segment, bytes: Buffer, isTail: boolean): void {
    const { books, report } = this.#with;
    books.add(isTail ? "tornBytes" : "corruptBytes", bytes.length);
    report("corrupt", `${bytes.length} damaged byte(s) in ${segment.path}${isTail ? ", at its end" : ""}`);
    this.#keepCorrupt(segment, bytes);
  }

  /** What a dead process had not told any more. */
  inherit(reports: readonly DropReport[]): void {
    this.#drops.inherit(reports);
    this.#save();
  }

  /** True when there is something to tell about lines of other senders. */
  get hasForeign(): boolean {
    return this.#drops.hasForeign;
  }

  /** That, as finished events without a place. */
  foreign(): Line[] {
    return this.#drops.foreign().map((report) => ({ seq: 0, id: report._id, text: reportLine(report), isEvent: true }));
  }

  toldForeign(): void {
    this.#drops.toldForeign();
    this.#save();
  }

  /** Takes what may be told now about our own lines, as finished events. */
  toTell(everything: boolean): Block[] {
    const reports = this.#drops.isEmpty ? [] : this.#drops.take(this.#with.clock.now(), everything);
    return reports.map((report) => ({
      body: Buffer.from(`${reportLine(report)}\n`),
      levels: [LEVEL.ERROR],
      through: 0,
    }));
  }

  /** What was taken is safe; what is left is written down. */
  told(): void {
    this.#save();
  }

  close(): void {
    this.#cancelSave?.();
    this.#letters?.close();
  }

  #openLetters(): DeadLetters | undefined {
    const { options, fs, sender, books, report } = this.#with;
    const { spool, deadLetter } = options;
    const folder =
      deadLetter.dir ?? (spool.mode === "off" || spool.dir === undefined ? undefined : join(spool.dir, "dlq"));
    if (folder === undefined) return undefined;
    const removed = (lost: LostLetters) => {
      books.add("deadLetterFilesRemoved");
      const what = `the oldest file was removed, and ${lost.count} event(s) in it are lost`;
      report("dead letters", `dead letters have reached ${deadLetter.maxBytes} bytes; ${what}`);
      if (lost.count > 0) this.#lettersLost(lost);
    };
    return new DeadLetters({ fs, folder, sender, maxBytes: deadLetter.maxBytes, removed });
  }

  /** Letters of other senders were never in our books. */
  #lettersLost(lost: LostLetters): void {
    const drop: Drop = { reason: "letters", ...lost };
    if (lost.sender === this.#with.sender) {
      this.#with.books.add("deadLettered", -lost.count);
      this.dropped(drop);
    } else this.#drops.add(drop);
    // At once: nothing else knows of them any more.
    this.#save();
  }

  #bury(letter: Omit<DeadLetter, "at" | "sender">): void {
    const { sender, books, report } = this.#with;
    if (this.#letters !== undefined) {
      try {
        this.#letters.add({ at: new Date().toISOString(), sender, ...letter });
        books.add("deadLettered");
        return;
      } catch (error) {
        report("dead letters", `cannot keep a dead letter: ${(error as Error).message}`);
      }
    }
    this.dropped({ reason: "refused", count: 1, firstSeq: letter.seq, lastSeq: letter.seq });
  }

  #save(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    const folder = this.#with.folder();
    if (folder === undefined) return;
    const path = join(folder, DROPS_FILE);
    try {
      this.#with.fs.writeFile(`${path}.new`, JSON.stringify(this.#drops));
      this.#with.fs.rename(`${path}.new`, path);
    } catch {
      // A disk that fails cannot keep this either; memory still has it.
    }
  }

  #keepCorrupt(segment: Segment, bytes: Buffer): void {
    const { options, fs, sender } = this.#with;
    if (options.spool.dir === undefined || this.#corruptKept + bytes.length > KEPT_CORRUPT_BYTES) return;
    this.#corruptKept += bytes.length;
    const folder = join(options.spool.dir, "corrupt");
    try {
      fs.makeFolder(folder);
      const fd = fs.open(join(folder, `${sender}-${segment.number}-${this.#corruptKept}.bin`), "w+");
      fs.write(fd, [bytes], 0);
      fs.close(fd);
    } catch {
      // Only evidence, no data.
    }
  }
}
