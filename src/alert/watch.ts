/**
 * Watch: since when nothing can have been missed, through restarts and changes of leader.
 *
 *   rounds that went well ─► watching ─(none for 30 s, or the clock was set)─► watching anew
 *
 * While a process leads, it writes down now and then until when it has watched. Whoever leads next goes on from there
 * unless the gap is longer than a break: a restart of a second must not put off for a whole span what waits for silence.
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import type { AlertClock } from "./clock.ts";

/** A database that was away for less is as good as one that was not: nobody is called silent later for it. */
const BREAK_MS = 30_000;
/** Written down at most so often, in ms: with the time it takes to take over, what is not written yet must be no break. */
const WRITE_MS = 4000;
const ID = "watched";

export class Watch {
  readonly #records: AlertRecords;
  readonly #clock: AlertClock;
  #sinceMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #version = 0;
  #writtenMs = Number.NEGATIVE_INFINITY;

  constructor(records: AlertRecords, clock: AlertClock) {
    this.#records = records;
    this.#clock = clock;
  }

  /** The database has answered: it could take events until now. */
  saw(): void {
    const nowMs = this.#clock.now();
    this.#sinceMs = this.#since(nowMs);
    this.#lastMs = nowMs;
  }

  /** Begins to lead; answers since when nothing can have been missed, epoch ms. */
  async resume(): Promise<number> {
    const [record] = await this.#records.read("state", [ID]);
    const nowMs = this.#clock.now();
    this.#version = record?.version ?? 0;
    this.#sinceMs = Math.min(this.#since(nowMs), sinceOf(record, nowMs));
    this.#lastMs = nowMs;
    return this.#sinceMs;
  }

  /** Writes it down where that was some while ago. For leaders only. */
  async keep(): Promise<void> {
    const passedMs = this.#clock.now() - this.#writtenMs;
    if (passedMs < 0 || passedMs >= WRITE_MS) await this.write();
  }

  async write(): Promise<void> {
    this.saw();
    const version = this.#version + 1;
    const body = { since_ms: this.#sinceMs, until_ms: this.#lastMs };
    const place = { state: "watched", dueMs: null, updatedMs: this.#lastMs };
    const [written] = await this.#records.write("state", [{ _id: ID, version, ...place, body }]);
    // Refused: another one leads, which the lease says soon, or an answer was lost on its way.
    if (!written) await this.resume();
    else [this.#version, this.#writtenMs] = [version, this.#lastMs];
  }

  #since(nowMs: number): number {
    return nowMs - this.#lastMs <= BREAK_MS && this.#sinceMs <= nowMs ? this.#sinceMs : nowMs;
  }
}

function sinceOf(record: AlertRecord | undefined, nowMs: number): number {
  const sinceMs = Number(record?.body.since_ms ?? Number.NaN);
  const untilMs = Number(record?.body.until_ms ?? Number.NaN);
  return Math.abs(nowMs - untilMs) <= BREAK_MS && sinceMs <= nowMs ? sinceMs : nowMs;
}
