/**
 * `spool drain`: sends what dead processes left behind, wherever it should have gone.
 *
 *   orphan ── rename into our own folder ─→ ours ── all sent ─→ removed
 *                                             └── given up ─→ renamed back
 *
 * Our folder has a living owner, so nobody else takes what we have taken. If we are killed, the next sender to the same
 * address, or the next drain, goes on. Folders of living owners are left to them.
 */
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { destinationOf as wordsOf } from "../../transports/options.ts";
import { mappingOf } from "../../transports/shipping.ts";
import { EventStoreError } from "../errors.ts";
import { ADOPTED, take } from "../ship/spool/adopt.ts";
import { destinationOf } from "../ship/spool/adopted.ts";
import { nodeFileSystem as fs } from "../ship/spool/file-system.ts";
import { checkpointName, type Spool } from "../ship/spool/spool.ts";
import { SpoolPlace } from "../ship/spool-place.ts";
import { Delivery } from "./delivery.ts";
import { oneLine } from "./exit.ts";
import type { Io } from "./io.ts";
import type { ShipSettings } from "./ship-options.ts";
import { firstSignal } from "./shutdown.ts";
import { Drained } from "./spool-drained.ts";
import { type SpoolFolder, spoolFolders } from "./spool-folder.ts";

export interface DrainOptions extends ShipSettings {
  readonly giveUpMs: number;
  readonly io: Io;
}

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` when something is left */
export async function drainSpools(root: string, options: DrainOptions): Promise<void> {
  const { io } = options;
  const outer = (await spoolFolders(root)).filter(({ isInner }) => !isInner);
  for (const { path } of outer.filter(({ isOwned }) => isOwned)) io.err(`${path}: its owner lives; left alone`);
  const orphans = outer.filter(({ isOwned }) => !isOwned);
  if (orphans.length === 0) return io.err(`madsci-events: nothing to drain in ${root}`);
  const drain = new Drain(root, options);
  void firstSignal().then(() => drain.stop());
  await drain.run(orphans);
}

class Drain {
  readonly #root: string;
  readonly #io: Io;
  readonly #delivery: Delivery;
  readonly #spool: Spool;
  #left = 0;

  constructor(root: string, options: DrainOptions) {
    const { io, resolved } = options;
    this.#root = root;
    this.#io = io;
    this.#delivery = new Delivery(options);
    const urls = [options.options.url].flat() as string[];
    const place = new SpoolPlace({
      options: resolved,
      mapping: mappingOf(resolved),
      destination: wordsOf(urls),
      fs,
      now: Date.now,
    });
    this.#spool = place.open({ vanished: () => {}, corrupt: () => {} });
    // Says where we send, so that only those who send there too take over what we leave if we are killed.
    writeFileSync(join(this.#spool.folder, checkpointName(place.destination)), "");
  }

  stop(): void {
    this.#delivery.stop();
  }

  async run(orphans: readonly SpoolFolder[]): Promise<void> {
    try {
      for (const orphan of orphans) for (const path of this.#take(orphan)) await this.#drain(path);
    } finally {
      await this.#delivery.close();
      this.#spool.close(true);
    }
    const { acknowledged, deadLettered, dropped } = this.#delivery.books.counts;
    this.#io.err(`madsci-events: ${acknowledged} acknowledged, ${deadLettered} dead-lettered, ${dropped} dropped`);
    if (this.#left > 0 || this.#delivery.isStopped)
      throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `${this.#left} spool(s) are left in ${this.#root}`);
  }

  /** The folder and those inside it, ours now; nothing when someone else was faster. */
  #take({ path }: SpoolFolder): string[] {
    try {
      if (destinationOf(fs, path) === "newer") {
        this.#leave(path, "was written by a newer version");
        return [];
      }
      return take(fs, path, join(this.#spool.folder, ADOPTED));
    } catch {
      return [];
    }
  }

  async #drain(path: string): Promise<void> {
    try {
      const drained = await Drained.open(path, this.#delivery);
      this.#io.err(`${basename(path)}: ${drained.words}`);
      if (await drained.send()) return;
      this.#leave(path, "is not sent to its end");
    } catch (error) {
      this.#leave(path, `cannot be sent (${oneLine((error as Error).message)})`);
    }
    this.#putBack(path);
  }

  #leave(path: string, why: string): void {
    this.#left += 1;
    this.#io.err(`${basename(path)} ${why}; it stays`);
  }

  #putBack(path: string): void {
    try {
      fs.rename(path, join(this.#root, basename(path)));
    } catch (error) {
      this.#io.err(`${path} cannot be put back (${(error as Error).message})`);
    }
  }
}
