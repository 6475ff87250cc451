/**
 * Shipping files: lines → events with ids of their own making (file-events.ts) → deliveries, one after the other.
 *
 * The file is the durable copy, so there is no spool: while the server is away we wait, and after Ctrl-C the same command
 * goes on where it stopped, because what is stored is known by its id. At most two batches are in memory: one under way
 * and the next. An id that holds something else already (the line was shipped with another mapping) counts as known.
 */
import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { mappingOf } from "../../transports/shipping.ts";
import { EventStoreError } from "../errors.ts";
import type { Item } from "../ship/item.ts";
import { createMapLine, loadMapModule, type MapLine, type Mapping } from "../ship/map.ts";
import type { Verdict } from "../ship/sink.ts";
import { Delivery } from "./delivery.ts";
import { CommandFailure, usageError } from "./exit.ts";
import { FileEvents } from "./file-events.ts";
import { type FileLine, fileLines, MAX_LINE_BYTES } from "./file-lines.ts";
import type { Io } from "./io.ts";
import { Progress } from "./progress.ts";
import type { ShipSettings } from "./ship-options.ts";
import { firstSignal } from "./shutdown.ts";

interface FileBatch {
  readonly items: readonly Item[];
  readonly leftOut: number;
  /** Where it ends. */
  readonly file: string;
  readonly line: number;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` before anything is sent, `EVT_BACKEND_UNAVAILABLE` when lines are left */
export async function shipFiles(files: readonly string[], settings: ShipSettings, io: Io): Promise<void> {
  const paths = files.map((file) => resolve(io.cwd, file));
  const bytes = paths.reduce((sum, path, at) => sum + sizeOf(path, files[at] as string), 0);
  const mapping = mappingOf(settings.resolved);
  const map = await mapOf(mapping);
  const delivery = new Delivery({ ...settings, io, judge: knownToo });
  const run = new FilesRun(delivery, { settings, map, mapping, progress: new Progress(io, bytes) });
  void firstSignal().then(() => delivery.stop());
  try {
    await run.ship(paths);
  } finally {
    await delivery.close();
    io.err(run.summary());
  }
  if (delivery.isStopped)
    throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `stopped ${run.reached}; the same command goes on from there`);
  const lost = delivery.books.counts.dropped - (delivery.books.counts.droppedBy.map ?? 0);
  if (lost > 0) throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `${lost} line(s) were lost; see above`);
  if (run.failures.length > 0) throw new CommandFailure(run.failures.join("; "));
}

interface FilesContext {
  readonly settings: ShipSettings;
  readonly map: MapLine;
  readonly mapping: Mapping;
  readonly progress: Progress;
}

class FilesRun {
  readonly #delivery: Delivery;
  readonly #with: FilesContext;
  #lines = 0;
  #reached = "before the first line";
  /** Files that could not be read to their end, and why. */
  readonly failures: string[] = [];

  constructor(delivery: Delivery, context: FilesContext) {
    this.#delivery = delivery;
    this.#with = context;
  }

  /** How far all lines are settled. */
  get reached(): string {
    return this.#reached;
  }

  async ship(paths: readonly string[]): Promise<void> {
    const { progress } = this.#with;
    const batches = this.#batches(paths);
    let batch = (await batches.next()).value;
    while (batch) {
      const sending = this.#delivery.send(batch.items);
      // While the other side works.
      const next = (await batches.next()).value;
      if (next) this.#delivery.prepare(next.items);
      if (!(await sending)) break;
      this.#settled(batch);
      batch = next;
    }
    progress.end();
  }

  summary(): string {
    const { acknowledged, duplicates, deadLettered, dropped } = this.#delivery.books.counts;
    const known = `${acknowledged} acknowledged (${duplicates} known already)`;
    return `madsci-events: ${this.#lines} line(s): ${known}, ${deadLettered} dead-lettered, ${dropped} dropped`;
  }

  #settled({ leftOut, file, line }: FileBatch): void {
    if (leftOut > 0) this.#delivery.books.drop({ reason: "map", count: leftOut });
    this.#reached = `after line ${line} of ${file}`;
    this.#with.progress.lines(this.#lines);
  }

  async *#batches(paths: readonly string[]): AsyncGenerator<FileBatch, undefined> {
    for (const path of paths) {
      try {
        yield* this.#batchesOf(path);
      } catch (error) {
        // A packed file may be cut; what came before counts.
        this.failures.push(`${path} cannot be read to its end (${(error as NodeJS.ErrnoException).code ?? error})`);
      }
    }
    return undefined;
  }

  async *#batchesOf(path: string): AsyncGenerator<FileBatch, void> {
    const { settings, map, mapping, progress } = this.#with;
    const events = new FileEvents(map, mapping);
    let [items, bytes, leftOut] = [[] as Item[], 0, 0];
    let number = 0;
    const take = (): FileBatch => {
      const batch = { items, leftOut, file: path, line: number };
      [items, bytes, leftOut] = [[], 0, 0];
      return batch;
    };
    for await (const lines of fileLines(path, (count) => progress.read(count))) {
      for (const line of lines) {
        if (items.length > 0 && bytes + line.length > this.#delivery.maxBytes) yield take();
        const item = this.#itemOf(line, events);
        number = line.number;
        if (item === "left out") leftOut += 1;
        else if (item !== undefined) items.push(item);
        bytes += line.length;
        if (items.length >= settings.resolved.maxEvents) yield take();
      }
    }
    if (items.length > 0 || leftOut > 0) yield take();
  }

  #itemOf(line: FileLine, events: FileEvents): Item | "left out" | undefined {
    this.#lines += 1;
    if (line.length > MAX_LINE_BYTES)
      return void this.#delivery.losses.oversize(line.bytes.subarray(0, 65_536), line.length);
    const { event, truncated, problem } = events.mapped(line);
    this.#delivery.books.add("in");
    if (truncated) this.#delivery.report("truncated", "an event was too large and has been cut");
    if (problem !== undefined) this.#delivery.report("map", problem);
    return event === undefined ? "left out" : { seq: line.number, event, bytes: line.length };
  }
}

function knownToo(_event: unknown, verdict: Verdict): Verdict {
  return verdict.status === "conflict" ? { status: "stored", duplicate: true } : verdict;
}

/** Zero for what has no size, such as a pipe. @throws EventStoreError `EVT_INVALID_OPTION` */
function sizeOf(path: string, file: string): number {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw usageError(`${file} is a folder; name the files in it`);
    accessSync(path, constants.R_OK);
    return stat.size;
  } catch (error) {
    if (error instanceof EventStoreError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(code === "ENOENT" ? `${file} does not exist` : `${file} cannot be read (${code})`);
  }
}

async function mapOf(mapping: Mapping): Promise<MapLine> {
  if (mapping.mapModule === undefined) return createMapLine(mapping);
  return createMapLine(mapping, await loadMapModule(mapping.mapModule));
}
