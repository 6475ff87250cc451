/**
 * Follow: past events, then what arrives, until somebody ends it.
 *
 * The past is the last few events (the tail's own backfill), or what a search finds: since a time, or with `--grep`. A
 * search begins after the tail has, so that nothing falls between the two; what both have is printed once. Ctrl-C and
 * SIGTERM are how following ends, hence exit code 0; so is a reader that goes away.
 */
import type { StoredEvent } from "../event/event.ts";
import type { TailItem } from "../event/tail-item.ts";
import type { Access, LinkState, OnLink, Tail } from "./access.ts";
import { type Choice, chosenPages } from "./choice.ts";
import { counted } from "./exit.ts";
import { type FormatOptions, type Printer, printerOf } from "./format.ts";
import type { Io } from "./io.ts";
import { notice } from "./notice.ts";

export interface FollowOptions {
  readonly choice: Choice;
  /** How many past events come first. @default 10; all of them with a time to begin at */
  readonly lines?: number | undefined;
  /** Go on behind what an earlier tail has shown; then no past events come first. */
  readonly cursor?: string | undefined;
  readonly format: FormatOptions;
  /** What `--color` said. */
  readonly color?: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const DEFAULT_LINES = 10;
/** Most past events that come first unless a time says where they begin. */
export const MAX_LINES = 10_000;
/** Events that may wait while the past is printed. */
const MAX_QUEUED = 100_000;
/** How far the clocks of two writers may be apart for the two ways to an event to be told apart, in ms. */
const OVERLAP_MS = 60_000;

/** Characters. */
const MAX_UNWRITTEN = 65_536;

const LINK = {
  lost: (cause = "the server does not answer") => `${cause}; trying again until it works`,
  back: () => "the server answers again; what came meanwhile follows",
} as const satisfies Record<LinkState, (cause?: string) => string>;

/** @throws EventStoreError what searching and following throw */
export async function follow(access: Access, options: FollowOptions, io: Io): Promise<void> {
  const { condition, accepts } = options.choice;
  const searches = condition.from !== undefined || accepts !== undefined || condition.includeArchived === true;
  const backfill = searches || options.cursor !== undefined ? undefined : (options.lines ?? DEFAULT_LINES);
  const { cursor } = options;
  const told: OnLink = (state, cause) => notice(io, LINK[state](cause), options.color);
  const tailed = { cursor, backfill, maxQueuedEvents: MAX_QUEUED, signal: options.signal };
  await using tail = access.tail(condition.selector, tailed, told);
  const follower = new Follower(access, options, io);
  await follower.run(tail, searches && options.cursor === undefined);
  if (tail.cursor !== undefined && !io.out.gone)
    notice(io, `to go on from here: --cursor ${tail.cursor}`, options.color);
}

class Follower {
  readonly #access: Access;
  readonly #options: FollowOptions;
  readonly #io: Io;
  readonly #printer: Printer;
  readonly #sinceMs = Date.now();
  /** What the search printed and the tail may bring again. */
  #known = new Set<string>();
  #knownUntilMs = 0;
  #unwritten = "";
  #flushing: NodeJS.Immediate | undefined;

  constructor(access: Access, options: FollowOptions, io: Io) {
    this.#access = access;
    this.#options = options;
    this.#io = io;
    this.#printer = printerOf({ ...options.format, single: true });
  }

  /** @param searches whether the past comes from a search, as soon as the tail is live */
  async run(tail: Tail, searches: boolean): Promise<void> {
    let isPast = searches;
    for await (const item of tail) {
      if (this.#isOver()) break;
      if (item.kind === "live" && isPast) {
        isPast = false;
        await this.#printPast();
      } else await this.#take(item);
    }
    await this.#flush();
  }

  async #take(item: TailItem): Promise<void> {
    if (item.kind === "gap") {
      await this.#flush();
      return this.#tellGap(item);
    }
    if (item.kind === "live" || this.#isKnown(item.event)) return;
    const { accepts } = this.#options.choice;
    if (accepts === undefined || accepts(item.event)) await this.#print(this.#printer.page([item.event]));
  }

  /** What comes at once is written at once, and nothing waits for more. */
  async #print(text: string): Promise<void> {
    this.#unwritten += text;
    if (this.#unwritten.length >= MAX_UNWRITTEN) await this.#flush();
    else this.#flushing ??= setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const text = this.#unwritten;
    this.#unwritten = "";
    if (text !== "") await this.#io.out.write(text);
  }

  #tellGap({ dropped, reason }: Extract<TailItem, { kind: "gap" }>): void {
    const message =
      reason === "slow"
        ? `${counted(dropped, "event")} missing here: they came faster than they could be printed; query has them`
        : "events may be missing here: what followed the cursor is gone, or it is of another database";
    notice(this.#io, message, this.#options.color);
  }

  async #printPast(): Promise<void> {
    const { choice, lines } = this.#options;
    const all = choice.condition.from !== undefined && lines === undefined;
    if (all) await this.#printPages(chosenPages(this.#access, choice, { order: "oldest" }));
    else {
      const last: StoredEvent[] = [];
      const limit = lines ?? DEFAULT_LINES;
      const page = { order: "newest", limit } as const;
      if (limit > 0) for await (const events of chosenPages(this.#access, choice, page)) last.push(...events);
      await this.#printPages([last.reverse()]);
    }
    this.#knownUntilMs = Date.now() + OVERLAP_MS;
  }

  async #printPages(pages: AsyncIterable<readonly StoredEvent[]> | Iterable<readonly StoredEvent[]>): Promise<void> {
    for await (const events of pages) {
      for (const event of events) if (this.#mayComeAgain(event)) this.#known.add(event._id);
      if (this.#isOver() || !(await this.#io.out.write(this.#printer.page(events)))) return;
    }
  }

  #isOver(): boolean {
    return this.#options.signal.aborted || this.#io.out.gone;
  }

  #mayComeAgain({ received_at }: StoredEvent): boolean {
    return received_at === null || Date.parse(received_at) >= this.#sinceMs - OVERLAP_MS;
  }

  #isKnown({ _id, received_at }: StoredEvent): boolean {
    if (this.#known.size === 0) return false;
    if (this.#known.delete(_id)) return true;
    if (received_at !== null && Date.parse(received_at) > this.#knownUntilMs) this.#known = new Set();
    return false;
  }
}
