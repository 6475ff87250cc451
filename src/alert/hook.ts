/**
 * Hook: a function of the host program that is told every alert-worthy event, one after the other, in order of arrival.
 *
 *   event stored with its mark ─► hook(event) ─► mark removed          hook fails ─► again, later ─► … ─► given up, counted
 *
 * The mark is in the database until the hook has returned, so a crash loses nothing: whoever registers a hook of this name
 * next is told. What was told and not yet unmarked comes again then (at most a batch). One process at a time runs a hook
 * of a name; the lease decides (lease.ts).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { MarkedEvent } from "../backend/alert-records.ts";
import { Lease } from "../backend/lease.ts";
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";
import { alive } from "./alive.ts";
import { type AlertClock, systemClock } from "./clock.ts";
import { type HookOptions, type ResolvedHook, resolveHook } from "./hook-options.ts";
import type { AlertHost } from "./host.ts";

/** @since 0.1.0 */
export type AlertHook = (event: StoredEvent) => void | Promise<void>;

/** @since 0.1.0 */
export interface HookStats {
  readonly told: number;
  readonly failed: number;
  /** Given up after all attempts. */
  readonly dropped: number;
}

/** @since 0.1.0 */
export interface RunningHook extends AsyncDisposable {
  stats(): HookStats;
  /**
   * Resolves when every event appended so far has been told (or given up); keeps the process alive until then. Rejects
   * when closed meanwhile, and with `EVT_INVALID_OPTION` inside the hook itself, which it would wait for.
   */
  idle(): Promise<void>;
  /**
   * Waits for the call under way, 5 s at most (not at all inside that call); what was not told stays marked for the next
   * hook of this name. Safe twice.
   */
  close(): Promise<void>;
}

const BATCH = 200;
/** Told events are unmarked at least this often while a batch is worked on, in ms. */
const UNMARK_MS = 100;
/** Longest close() waits for a call. */
const CLOSE_MS = 5000;
/** How often to look where others write, too, and after a failure of the database, in ms. */
const LOOK_MS = 1000;

/** The call of a hook that the code at hand is part of. */
const calls = new AsyncLocalStorage<{ readonly runner: HookRunner; over: boolean }>();

export function startHook(host: AlertHost, hook: AlertHook, options: HookOptions, clock = systemClock): RunningHook {
  if (typeof hook !== "function") throw new EventStoreError("EVT_INVALID_OPTION", "onAlert takes a function");
  return new HookRunner({ host, hook, options: resolveHook(options, host), clock });
}

interface Parts {
  readonly host: AlertHost;
  readonly hook: AlertHook;
  readonly options: ResolvedHook;
  readonly clock: AlertClock;
}

class HookRunner implements RunningHook {
  readonly #parts: Parts;
  readonly #lease: Lease | undefined;
  readonly #removeLane: () => void;
  readonly #stats = { told: 0, failed: 0, dropped: 0 };
  #waiters: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #wanted = true;
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #endPause = (): void => {};
  /** Ids told in this process whose mark could not be removed yet. */
  #told = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { host, options, clock } = parts;
    const { lane, marker, owner } = options;
    if (!host.alone)
      this.#lease = new Lease(host.records, `hook:${lane}`, clock, { owner, ttlMs: 15_000, renewMs: 5000 });
    this.#removeLane = host.addLane(lane, marker, () => this.#wake());
    this.#wake();
  }

  stats(): HookStats {
    return { ...this.#stats };
  }

  idle(): Promise<void> {
    if (this.#closing) return Promise.reject(closed());
    if (this.#isInside()) return Promise.reject(waitsForItself());
    return alive(
      new Promise((resolve, reject) => {
        this.#waiters.push({ resolve, reject });
        this.#wake();
      }),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#isInside() ? Promise.resolve() : alive(this.#closing);
  }

  #isInside(): boolean {
    const call = calls.getStore();
    return call?.runner === this && !call.over;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#removeLane();
    this.#cancelTimer?.();
    this.#endPause();
    await Promise.race([this.#running, new Promise<void>((resolve) => this.#parts.clock.after(CLOSE_MS, resolve))]);
    await this.#lease?.release();
    for (const { reject } of this.#waiters.splice(0)) reject(closed());
  }

  #wake(): void {
    this.#wanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Works until nothing waits; then looks again after a while where others may write. */
  async #run(): Promise<void> {
    this.#cancelTimer?.();
    let again = !this.#parts.host.alone;
    try {
      while (this.#wanted && !this.#closing) {
        this.#wanted = false;
        if (await this.#batch()) this.#wanted = true;
        else for (const { resolve } of this.#waiters.splice(0)) resolve();
      }
    } catch (error) {
      this.#parts.options.onWarning(`the hook "${this.#parts.options.name}" waits: ${messageOf(error)}`);
      again = true;
    }
    if (again && !this.#closing) this.#cancelTimer = this.#parts.clock.after(LOOK_MS, () => this.#wake());
  }

  /** One batch; true when there may be more. */
  async #batch(): Promise<boolean> {
    const { host, options } = this.#parts;
    if (this.#lease && !((await this.#lease.keep()) && this.#lease.mayLead())) return false;
    const marked = await host.records.marked(options.lane, BATCH);
    for (let at = 0; at < marked.length && !this.#closing; ) at += await this.#tellSome(marked.slice(at));
    return marked.length > 0;
  }

  /** Tells events for a short while, then removes their marks; answers how many. */
  async #tellSome(marked: readonly MarkedEvent[]): Promise<number> {
    const untilMs = this.#parts.clock.elapsed() + UNMARK_MS;
    const done: string[] = [];
    for (const { event } of marked) {
      // The hook may do to the event what it likes.
      const id = event._id;
      if (!this.#told.has(id) && !this.#closing) await this.#tell(event, id);
      if (this.#closing && !this.#told.has(id)) break;
      done.push(id);
      if (this.#parts.clock.elapsed() >= untilMs || this.#lease?.mayLead() === false) break;
    }
    await this.#parts.host.records.unmark(this.#parts.options.lane, done);
    for (const id of done) this.#told.delete(id);
    return Math.max(1, done.length);
  }

  async #tell(event: StoredEvent, id: string): Promise<void> {
    const { options } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#call(event);
        this.#stats.told++;
        break;
      } catch (error) {
        this.#stats.failed++;
        if (attempt >= options.attempts) {
          this.#giveUp(id, error);
          break;
        }
        await this.#pause(options.retryMs * 2 ** (attempt - 1));
        if (this.#closing) return;
      }
    }
    this.#told.add(id);
  }

  async #call(event: StoredEvent): Promise<void> {
    const call = { runner: this, over: false };
    try {
      await calls.run(call, () => this.#parts.hook(event));
    } finally {
      call.over = true;
    }
  }

  #giveUp(id: string, error: unknown): void {
    const { name, attempts, onWarning } = this.#parts.options;
    this.#stats.dropped++;
    onWarning(
      `the hook "${name}" failed ${attempts} times for event ${id}, which it will not be told again: ${messageOf(error)}`,
    );
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}

function closed(): EventStoreError {
  return new EventStoreError("EVT_CLOSED", "the hook is closed");
}

function waitsForItself(): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", "idle() inside the hook would wait for itself; call it outside");
}

/** Hooks throw anything, even what has no text. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return "something that cannot be put into words";
  }
}
