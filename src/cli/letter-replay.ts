/** `dead-letter replay`: sends dead letters again under their own ids; those that are stored now are settled. */

import { EventStoreError } from "../errors.ts";
import type { EventInput } from "../event/event.ts";
import type { Item } from "../ship/item.ts";
import type { Verdict } from "../ship/sink.ts";
import { Delivery } from "./delivery.ts";
import { oneLine } from "./exit.ts";
import type { Io } from "./io.ts";
import { type Letter, removeSettled, settleLetter } from "./letter-files.ts";
import type { ShipSettings } from "./ship-options.ts";
import { firstSignal } from "./shutdown.ts";

export interface ReplayOptions extends ShipSettings {
  readonly giveUpMs: number;
  readonly io: Io;
}

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` when the server went away, `EVT_INVALID_EVENT` when letters are refused again */
export async function replayLetters(folder: string, letters: Iterable<Letter>, options: ReplayOptions): Promise<void> {
  const { io } = options;
  const replay = new Replay(folder, options);
  void firstSignal().then(() => replay.delivery.stop());
  try {
    await replay.send(letters);
  } finally {
    await replay.delivery.close();
  }
  await removeSettled(folder);
  io.err(`madsci-events: ${replay.sent} dead letter(s) stored, ${replay.refused} refused again`);
  if (replay.delivery.isStopped)
    throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "stopped before all were sent; what was not sent stays");
  if (replay.refused > 0)
    throw new EventStoreError("EVT_INVALID_EVENT", `${replay.refused} dead letter(s) stay; see dead-letter ls`);
}

class Replay {
  readonly delivery: Delivery;
  readonly #folder: string;
  readonly #options: ReplayOptions;
  /** Letters under way, by their event. */
  readonly #letters = new Map<EventInput, Letter>();
  sent = 0;
  refused = 0;

  constructor(folder: string, options: ReplayOptions) {
    this.#folder = folder;
    this.#options = options;
    this.delivery = new Delivery({
      ...options,
      judge: (event, verdict) => this.#judge(event, verdict),
      rejected: ({ event }, reason) => this.#refuse(this.#letters.get(event), reason),
    });
  }

  async send(letters: Iterable<Letter>): Promise<void> {
    let items: Item[] = [];
    let bytes = 0;
    for (const letter of letters) {
      const { event, seq } = letter.letter;
      if (event === undefined) {
        this.#refuse(letter, letter.reason);
        continue;
      }
      const size = JSON.stringify(letter.letter, (_key, value) =>
        typeof value === "bigint" ? String(value) : value,
      ).length;
      if (items.length >= this.#options.resolved.maxEvents || (bytes > 0 && bytes + size > this.delivery.maxBytes)) {
        if (!(await this.#deliver(items))) return;
        items = [];
        bytes = 0;
      }
      this.#letters.set(event, letter);
      items.push({ seq: Number(seq), event, bytes: size });
      bytes += size;
    }
    await this.#deliver(items);
  }

  async #deliver(items: readonly Item[]): Promise<boolean> {
    const isSettled = await this.delivery.send(items);
    this.#letters.clear();
    return isSettled;
  }

  #judge(event: EventInput, verdict: Verdict): Verdict {
    if (verdict.status === "conflict") return { status: "rejected", reason: "its id holds another event" };
    const letter = this.#letters.get(event);
    if (verdict.status === "stored" && letter !== undefined) {
      settleLetter(this.#folder, letter, { done: "sent" });
      this.sent += 1;
    }
    return verdict;
  }

  #refuse(letter: Letter | undefined, reason: string): void {
    if (letter === undefined) return;
    this.refused += 1;
    if (reason !== letter.reason) settleLetter(this.#folder, letter, { reason });
    const without = letter.letter.event === undefined ? "; only the beginning of its line was kept" : "";
    this.#options.io.err(`${letter.id}: ${oneLine(reason)}${without}`);
  }
}
