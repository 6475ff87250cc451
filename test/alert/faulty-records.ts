/** Records of a process that dies, or of a database that fails, at a place of the test's choosing. */
import type { MemoryRecords } from "../../src/alert/memory-records.ts";
import type { AlertRecord, AlertRecords, ListRecords, RecordKind } from "../../src/backend/alert-records.ts";

/** What happens to one call: done as usual; not done; done, but nobody hears of it. */
export type Fate = "done" | "lost" | "unheard";

export interface Fault {
  /** For each call, in order. */
  readonly fate: () => Fate;
  /** What the caller sees of a call that is lost or unheard: a promise that never ends (a dead process), or a rejection. */
  readonly trouble: () => Promise<never>;
}

export class FaultyRecords implements AlertRecords {
  readonly #records: MemoryRecords;
  readonly #fault: Fault;

  constructor(records: MemoryRecords, fault: Fault) {
    this.#records = records;
    this.#fault = fault;
  }

  marked = (lane: string, limit: number) => this.#call(() => this.#records.marked(lane, limit));
  unmark = (lane: string, ids: readonly string[]) => this.#call(() => this.#records.unmark(lane, ids));
  waiting = (lane: string) => this.#call(() => this.#records.waiting(lane));
  read = (kind: RecordKind, ids: readonly string[]) => this.#call(() => this.#records.read(kind, ids));
  write = (kind: RecordKind, all: readonly AlertRecord[]) => this.#call(() => this.#records.write(kind, all));
  due = (kind: RecordKind, atMs: number, limit: number) => this.#call(() => this.#records.due(kind, atMs, limit));
  nextDue = (kind: RecordKind) => this.#call(() => this.#records.nextDue(kind));
  list = (kind: RecordKind, query: ListRecords) => this.#call(() => this.#records.list(kind, query));
  count = (kind: RecordKind, states?: readonly string[]) => this.#call(() => this.#records.count(kind, states));
  remove = (kind: RecordKind, id: string, version: number) => this.#call(() => this.#records.remove(kind, id, version));

  async #call<T>(action: () => Promise<T>): Promise<T> {
    const fate = this.#fault.fate();
    if (fate === "lost") return this.#fault.trouble();
    const answer = await action();
    return fate === "unheard" ? this.#fault.trouble() : answer;
  }
}

/** A process that dies at its `calls`-th call: everything after that is lost. */
export class Mortal {
  readonly #last: Fate;
  #left: number;
  dead = false;

  constructor(calls: number, last: Exclude<Fate, "done">) {
    this.#left = calls;
    this.#last = last;
  }

  readonly fault: Fault = {
    fate: () => {
      if (this.dead) return "lost";
      this.#left -= 1;
      this.dead = this.#left < 0;
      return this.dead ? this.#last : "done";
    },
    trouble: () => new Promise(() => {}),
  };
}
