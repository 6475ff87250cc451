/** Drained: one spool of a dead process on its way, wherever it should have gone. */
import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Batcher } from "../ship/batcher.ts";
import type { DropReport } from "../ship/drops.ts";
import { DROPS_FILE } from "../ship/losses.ts";
import { createMapLine, loadMapModule, type MapLine, type Mapping } from "../ship/map.ts";
import { Adopted, destinationOf } from "../ship/spool/adopted.ts";
import { nodeFileSystem as fs } from "../ship/spool/file-system.ts";
import type { Delivery } from "./delivery.ts";

const NOWHERE = Buffer.alloc(8);
const MAX_EVENTS = 500;

export class Drained {
  readonly #spool: Adopted;
  readonly #delivery: Delivery;
  readonly #map: MapLine;
  readonly #sender: string;

  private constructor(spool: Adopted, map: MapLine, delivery: Delivery) {
    this.#spool = spool;
    this.#map = map;
    this.#delivery = delivery;
    this.#sender = basename(spool.folder);
  }

  /** @throws what the file system throws, and when its mapping cannot be used */
  static async open(folder: string, delivery: Delivery): Promise<Drained> {
    const found = destinationOf(fs, folder);
    const { losses } = delivery;
    const spool = new Adopted({
      fs,
      folder,
      destination: Buffer.isBuffer(found) ? found : NOWHERE,
      lost: (firstSeq, lastSeq) => losses.vanishedElsewhere(basename(folder), firstSeq, lastSeq),
      corrupt: (segment, bytes, isTail) => losses.corrupt(segment, bytes, isTail),
    });
    try {
      return new Drained(spool, await mapOf((spool.about?.mapping ?? {}) as Mapping), delivery);
    } catch (error) {
      spool.release();
      throw error;
    }
  }

  get words(): string {
    return `${this.#spool.bytes} byte(s) for ${this.#spool.about?.destination ?? "an unknown destination"}`;
  }

  /** True when all of it is settled and the folder is gone. */
  async send(): Promise<boolean> {
    const isSent = (await this.#sendDrops()) && (await this.#sendLines());
    if (isSent) this.#spool.remove();
    else this.#spool.release();
    return isSent;
  }

  async #sendLines(): Promise<boolean> {
    const { books, report } = this.#delivery;
    const batcher = new Batcher({ books, report });
    const take = (events: number, bytes: number) => this.#take(events, bytes);
    const source = { sender: this.#sender, map: this.#map, take };
    for (;;) {
      const batch = batcher.take(source, MAX_EVENTS, this.#delivery.maxBytes);
      // A gap is told before the places behind it count as settled.
      if (!(await this.#delivery.send(batch.items)) || !(await this.#delivery.tellLosses())) return false;
      if (batch.lastSeq === 0) return true;
      batcher.settled(batch, batch.lastSeq);
      this.#spool.settle(batch.lastSeq);
    }
  }

  /** What the dead process had not told any more. */
  async #sendDrops(): Promise<boolean> {
    const path = join(this.#spool.folder, DROPS_FILE);
    try {
      const reports = JSON.parse(readFileSync(path, "utf8")) as DropReport[];
      this.#delivery.losses.inherit(reports.filter((one) => typeof one?._id === "string"));
    } catch {
      return true; // mostly there is none
    }
    if (!(await this.#delivery.tellLosses())) return false;
    rmSync(path, { force: true });
    return true;
  }

  #take(maxEvents: number, maxBytes: number) {
    const lines = this.#spool.take(maxEvents, maxBytes);
    this.#delivery.books.add("in", lines.length);
    return { lines, lastSeq: lines.at(-1)?.seq ?? 0 };
  }
}

async function mapOf(mapping: Mapping): Promise<MapLine> {
  if (mapping.mapModule === undefined) return createMapLine(mapping);
  return createMapLine(mapping, await loadMapModule(mapping.mapModule));
}
