/** A world for shippers: a disk, a store that remembers, processes that crash; and the books of all that happens in it. */
import { expect } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import type { ShipOptions } from "../../src/ship/options.ts";
import { SendError, type Verdict } from "../../src/ship/sink.ts";
import { balanced, fakeShipper, line, settle } from "./fakes.ts";
import { MemoryFileSystem } from "./spool/memory-file-system.ts";

export type Mood = "stored" | "down" | "lost-answer" | "mixed" | "hold" | "refused" | "too-large";
export type DiskMood = "ok" | "full" | "read-only" | "no-sync";
export const SPOOL = "/spool";

const CHANGES = new Set(["write", "makeFolder", "rename", "remove", "removeFolder", "writeFile", "truncate"]);

export class World {
  fs = new MemoryFileSystem();
  mood: Mood = "stored";
  /** First copy of every event, by id, in the order of arrival. */
  readonly stored = new Map<string, EventInput>();
  emitted = 0;
  /** Lines that were in memory only as their process crashed. */
  readonly mayBeLost = new Set<number>();
  /** A crash may have taken the report of a drop. */
  reportsMayBeLost = false;
  now = 1_735_787_045_123;
  readonly said: string[] = [];
  #options: ShipOptions;
  #ship: ReturnType<typeof fakeShipper>;
  /** How much input each line ends at, for the present process. */
  #ends = new Map<number, number>();
  #input = 0;
  #disk: DiskMood = "ok";
  #diskFailed = false;

  constructor(options: ShipOptions) {
    this.#options = { ...options, spool: { dir: SPOOL, ...options.spool } };
    this.#ship = this.#start();
  }

  get shipper() {
    return this.#ship.shipper;
  }

  accept(level: number, size: number, count = 1): void {
    let text = "";
    for (let at = 0; at < count; at++) {
      const n = this.emitted++;
      text += `${line(n, level).slice(0, -2)},"x":"${"x".repeat(size)}"}\n`;
      this.#ends.set(n, this.#input + text.length);
    }
    this.#input += text.length;
    this.shipper.accept(text);
    balanced(this.shipper);
  }

  async advance(ms: number): Promise<void> {
    this.now += ms;
    this.fs.nowMs += ms;
    await this.#ship.clock.advance(ms);
    balanced(this.shipper);
  }

  disk(mood: DiskMood): void {
    this.#disk = mood;
    this.#diskFailed ||= mood !== "ok";
    this.fs.room = Number.POSITIVE_INFINITY;
    this.fs.fails = () => undefined;
    if (mood === "full") this.fs.fill(700);
    if (mood === "read-only") this.fs.fails = (call) => (CHANGES.has(call) ? "EROFS" : undefined);
    if (mood === "no-sync") this.fs.fails = (call) => (call.startsWith("sync") ? "EIO" : undefined);
  }

  /** The process is gone, and another one starts with what is on the disk. */
  async crash(): Promise<void> {
    const { durableThrough } = this.shipper;
    for (const [n, end] of this.#ends) if (end > durableThrough) this.mayBeLost.add(n);
    if (this.shipper.stats().dropped > 0) this.reportsMayBeLost = true;
    await this.#next();
  }

  async restart(): Promise<void> {
    const closing = this.shipper.close();
    await this.advance(9000);
    await closing;
    balanced(this.shipper);
    const { dropped, droppedBy } = this.shipper.stats();
    // Said on standard error only: there was no disk to keep a report on.
    if (droppedBy.closed !== undefined || (dropped > 0 && this.#disk !== "ok")) this.reportsMayBeLost = true;
    await this.#next();
  }

  /** All is well again, for as long as it takes. */
  async end(): Promise<void> {
    this.mood = "stored";
    this.disk("ok");
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 10; at++) {
        await settle();
        await this.advance(61_000);
      }
      await this.restart();
    }
  }

  /** Everything that was written is stored, a dead letter, or known to be lost. */
  check(): void {
    const lines = [...this.stored.values()].filter(({ event_type }) => event_type !== "log_dropped");
    const numbers = lines.map((event) => (event.event_data as { n: number }).n);
    expect(new Set(numbers).size).toBe(numbers.length);
    const found = new Set([...numbers, ...this.letters()]);
    const missing = Array.from({ length: this.emitted }, (_, n) => n).filter((n) => !found.has(n));
    const sum = (all: readonly { readonly count: number }[]) => all.reduce((total, { count }) => total + count, 0);
    const reports = this.reports();
    // What was refused and could not be kept is sent again when the disk forgot that, too; then it may be taken.
    const refused = sum(reports.filter(({ reason }) => reason === "refused"));
    const uncertain = missing.filter((n) => this.mayBeLost.has(n)).length;
    expect(sum(reports) - refused).toBeLessThanOrEqual(missing.length + this.mayBeLost.size);
    if (!this.reportsMayBeLost) expect(sum(reports)).toBeGreaterThanOrEqual(missing.length - uncertain);
    this.#inOrder(this.#diskFailed ? lines.filter((event) => !isBad(event)) : lines);
  }

  reports() {
    const events = [...this.stored.values()].filter(({ event_type }) => event_type === "log_dropped");
    return events.map(
      ({ event_data }) => event_data as { reason: string; count: number; first_seq: number; last_seq: number },
    );
  }

  letters(): number[] {
    const files = this.fs
      .below(`${SPOOL}/dlq`)
      .flatMap(([, { bytes }]) => bytes.toString().split("\n").filter(Boolean));
    return files.map((text) => JSON.parse(text).event.event_data.n as number);
  }

  #inOrder(events: readonly EventInput[]): void {
    const last = new Map<string, number>();
    for (const { event_data } of events) {
      const { sender, seq } = event_data as { sender: string; seq: number };
      expect(seq).toBeGreaterThan(last.get(sender) ?? 0);
      last.set(sender, seq);
    }
  }

  #start() {
    const made = fakeShipper(this.#options, { fs: this.fs, destination: "d", now: () => this.now });
    made.sink.answer = (events) => this.#answer(events);
    return made;
  }

  async #next(): Promise<void> {
    this.said.push(...this.#ship.said);
    const old = this.fs;
    this.fs = old.crashed();
    this.fs.room = old.room;
    this.fs.fails = old.fails;
    this.#ends = new Map();
    this.#input = 0;
    this.#ship = this.#start();
    await settle();
  }

  #answer(events: readonly EventInput[]): readonly Verdict[] {
    if (this.mood === "down") throw new SendError("retry", "down");
    if (this.mood === "hold") throw new SendError("hold", "no");
    if (this.mood === "refused" && events.some(isBad)) throw new SendError("refused", "bad");
    if (this.mood === "too-large" && events.length > 2) throw new SendError("too-large", "large");
    const verdicts = events.map((event): Verdict => {
      if (this.mood === "mixed" && isBad(event)) return { status: "rejected", reason: "bad" };
      const known = this.stored.get(String(event._id));
      if (known !== undefined) expect(event).toEqual(known);
      else this.stored.set(String(event._id), event);
      return known === undefined ? { status: "stored" } : { status: "stored", duplicate: true };
    });
    if (this.mood === "lost-answer") throw new SendError("retry", "no answer");
    return verdicts;
  }
}

/** An event that a store in such a mood does not take. */
function isBad({ event_data }: EventInput): boolean {
  const { n } = event_data as { n?: number };
  return n !== undefined && n % 7 === 3;
}
