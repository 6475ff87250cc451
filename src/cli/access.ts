/**
 * Access: the events a command works on, wherever they are: in the database the settings name, or behind a server.
 *
 * Only `--server` asks a server. EVENT_SERVER_URL says where `serve` listens, and must not turn a look at a file into a
 * look at something else.
 */
import type { Command } from "commander";
import type { StoredEvent } from "../event/event.ts";
import type { Selector } from "../event/selector/selector.ts";
import type { CountOptions, FindOptions } from "../store/query.ts";
import type { EventStore } from "../store/store.ts";
import type { TailItem } from "../store/tail-item.ts";
import type { TailOptions } from "../store/tail-options.ts";
import { usageError } from "./exit.ts";
import { settingFlags } from "./flags.ts";
import { type Io, warn } from "./io.ts";
import { addStoreFlags, commandConfig, openStore } from "./open-store.ts";

/** A search under way. */
export interface Found {
  pages(): AsyncIterable<readonly StoredEvent[]>;
  /** Where to go on, once the pages have ended; undefined at the end of everything. */
  readonly cursor: string | undefined;
}

export interface Access extends AsyncDisposable {
  /** Zone in which the events' timestamps without offset are read, where it is known. */
  readonly zone: string | undefined;
  get(id: string): Promise<StoredEvent | undefined>;
  find(options: FindOptions): Found;
  count(options: CountOptions): Promise<number>;
  /** How many were not archived before. */
  archive(ids: readonly string[]): Promise<number>;
  /** Deletes for good what has been archived for at least so long, in ms; returns how many. */
  purge(archivedForMs: number): Promise<number>;
  /** What arrives from now on, or behind a cursor. */
  tail(selector: Selector | undefined, options: TailOptions, onLink: (state: LinkState) => void): Tail;
}

/** What a tail needs to be here: the library's and the client's have it. */
export interface Tail extends AsyncIterable<TailItem>, AsyncDisposable {
  readonly cursor: string | undefined;
}

/** Whether a server answers. */
export type LinkState = "lost" | "back";

export interface AccessOptions {
  /** True for commands that change nothing. */
  readonly readOnly: boolean;
}

/** The flags that say where the events are. */
export function addAccessFlags(command: Command): Command {
  return addStoreFlags(command).option("--server <url>", "ask this server instead of a database");
}

/** @throws EventStoreError what opening throws; `EVT_INVALID_OPTION` where flags contradict each other */
export async function openAccess(command: Command, io: Io, { readOnly }: AccessOptions): Promise<Access> {
  const server = command.opts<{ server?: string }>().server;
  if (server !== undefined) return serverAccess(server, command, io);
  const config = commandConfig(command, io);
  return accessOf(await openStore(config, io, { readOnly }), config.settings.naive_timezone ?? undefined);
}

/** @param zone of its events' timestamps without offset */
export function accessOf(store: EventStore, zone: string | undefined): Access {
  return new StoreAccess(store, zone);
}

async function serverAccess(url: string, command: Command, io: Io): Promise<Access> {
  if (Object.values(settingFlags(command)).some((value) => value !== undefined))
    throw usageError("--server and the flags of a database exclude each other; give one of them");
  const { ServerAccess } = await import("./server-access.ts");
  return new ServerAccess(url, (message) => warn(io, message));
}

class StoreAccess implements Access {
  readonly #store: EventStore;
  readonly zone: string | undefined;

  constructor(store: EventStore, zone: string | undefined) {
    this.#store = store;
    this.zone = zone;
  }

  get(id: string): Promise<StoredEvent | undefined> {
    return this.#store.get(id);
  }

  find(options: FindOptions): Found {
    return this.#store.find(options);
  }

  count(options: CountOptions): Promise<number> {
    return this.#store.count(options);
  }

  archive(ids: readonly string[]): Promise<number> {
    return this.#store.archive({ ids });
  }

  purge(archivedForMs: number): Promise<number> {
    return this.#store.purge({ archivedBefore: new Date(Date.now() - archivedForMs) });
  }

  tail(selector: Selector | undefined, options: TailOptions): Tail {
    return this.#store.tail(selector, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }
}
