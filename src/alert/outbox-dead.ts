/**
 * DeadLetters: how many notifications are dead, as of the last look.
 *
 * `watched` is the number rules may look at: it leaves out those about the incidents of such rules themselves, or a dead
 * letter about dead letters would be news of which nobody hears, for ever. It is the number among the newest 2 000; with more
 * than that it rises no further.
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import type { Notification } from "./notification.ts";
import { notificationOf } from "./outbox-record.ts";

const PAGE = 200;
const MOST_PAGES = 10;

export class DeadLetters {
  readonly #records: AlertRecords;
  readonly #uncounted: ReadonlySet<string>;
  #total = 0;
  #watched = 0;
  /** The total when they were looked at one by one. */
  #seen = -1;

  /** @param uncounted rules whose incidents' dead letters are not watched */
  constructor(records: AlertRecords, uncounted: ReadonlySet<string>) {
    this.#records = records;
    this.#uncounted = uncounted;
  }

  get total(): number {
    return this.#total;
  }

  get watched(): number {
    return this.#uncounted.size === 0 ? this.#total : this.#watched;
  }

  /** One has died. */
  add(notification: Notification): void {
    this.#total += 1;
    if (this.#isWatched(notification)) this.#watched += 1;
  }

  /** Others were put back or removed. */
  forget(): void {
    this.#seen = -1;
  }

  /** Counts anew; goes through them only where their number has changed. */
  async look(): Promise<void> {
    this.#total = await this.#records.count("notifications", ["dead"]);
    if (this.#uncounted.size === 0 || this.#total === this.#seen) return;
    const total = this.#total;
    this.#watched = total === 0 ? 0 : await this.#count();
    this.#seen = total;
  }

  async #count(): Promise<number> {
    let watched = 0;
    let after: AlertRecord | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const found = await this.#records.list("notifications", { states: ["dead"], limit: PAGE, after });
      watched += found.map(notificationOf).filter((one) => this.#isWatched(one)).length;
      after = found.at(-1);
      if (found.length < PAGE) break;
    }
    return watched;
  }

  #isWatched({ notice }: Notification): boolean {
    return !this.#uncounted.has(notice.incident.rule);
  }
}
