import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Access, OnLink } from "../../src/cli/access.ts";
import { type FollowOptions, follow } from "../../src/cli/follow.ts";
import { grep } from "../../src/cli/grep.ts";
import { type Io, Output } from "../../src/cli/io.ts";
import { UNPAINTED } from "../../src/cli/paint.ts";
import { RowTime } from "../../src/cli/row-time.ts";
import { StoreAccess } from "../../src/cli/store-access.ts";
import type { TailItem } from "../../src/event/tail-item.ts";
import { EventStore } from "../../src/store/store.ts";

const look = { paint: UNPAINTED, time: new RowTime({ utc: true }), columns: undefined, dayLines: false };

let store: EventStore;
let stop: AbortController;

beforeEach(async () => {
  store = await EventStore.open("memory:");
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await store.close();
});

function event(id: string, minutes: number, more: object = {}) {
  return { _id: id, event_type: "test", event_timestamp: new Date(Date.now() - minutes * 60_000), ...more };
}

/** A command under way: what it has printed by now. */
class Following {
  text = "";
  notices = "";
  readonly done: Promise<void>;

  constructor(options: Partial<FollowOptions> = {}, access: Access = new StoreAccess(store, undefined)) {
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        this.text += chunk;
        done();
      },
    });
    const err = (line: string) => {
      this.notices += `${line}\n`;
    };
    const io = { out: new Output(stream), err, env: {} } as unknown as Io;
    const all = { choice: { condition: {}, accepts: undefined }, format: { format: "ndjson", look } as const };
    this.done = follow(access, { ...all, signal: stop.signal, ...options }, io);
  }

  get ids(): string {
    return this.text
      .split("\n")
      .map((line) => (line === "" ? "" : JSON.parse(line)._id))
      .join("");
  }

  async shows(ids: string): Promise<void> {
    await expect.poll(() => this.ids, { timeout: 10_000 }).toBe(ids);
  }

  async end(): Promise<void> {
    stop.abort();
    await this.done;
  }
}

const OLD = "abcdefghijkl".split("").map((id, i) => event(id, 120 - i));

describe("follow", () => {
  test("shows the last ten events, then what arrives, and ends with a cursor to go on from", async () => {
    await store.append(OLD);
    const following = new Following();
    await following.shows("cdefghijkl");
    await store.append([event("m", 0), event("n", 500)]);
    await following.shows("cdefghijklmn");
    await following.end();
    const cursor = /--cursor (\S+)\n$/.exec(following.notices)?.[1];
    await store.append(event("o", 0));
    stop = new AbortController();
    const later = new Following({ cursor });
    await later.shows("o");
    await later.end();
  });

  test("shows as many events as asked for, also none", async () => {
    await store.append(OLD);
    const three = new Following({ lines: 3 });
    const none = new Following({ lines: 0 });
    await three.shows("jkl");
    await store.append(event("m", 0));
    await three.shows("jklm");
    await none.shows("m");
  });

  test("begins with everything since a time, and keeps late arrivals", async () => {
    await store.append([...OLD, event("x", 20), event("y", 5)]);
    const from = new Date(Date.now() - 30 * 60_000);
    const following = new Following({ choice: { condition: { from }, accepts: undefined } });
    await following.shows("xy");
    await store.append(event("z", 600));
    await following.shows("xyz");
  });

  test("looks for text in past and present", async () => {
    const at = (id: string, plate: string) => event(id, 1, { event_data: { plate } });
    await store.append([at("a", "P-17"), at("b", "P-18"), at("c", "p-17")]);
    const following = new Following({ choice: { condition: {}, accepts: grep("P-17") }, lines: 5 });
    await following.shows("ac");
    await store.append([at("d", "P-18"), at("e", "P-17")]);
    await following.shows("ace");
  });

  test("shows once what both the search and the tail bring", async () => {
    await store.append(event("a", 1));
    const inner = new StoreAccess(store, undefined);
    let searches = 0;
    const access: Access = {
      ...bound(inner),
      find: (options) => ({
        cursor: undefined,
        async *pages() {
          searches += 1;
          await store.append(event("b", 0));
          yield* inner.find(options).pages();
          await store.append(event("c", 0));
        },
      }),
    };
    const condition = { from: new Date(0) };
    const following = new Following({ choice: { condition, accepts: undefined } }, access);
    await following.shows("abc");
    await store.append(event("d", 0));
    await following.shows("abcd");
    expect(searches).toBe(1);
  });

  test("tells of gaps and of a server that is away, and prints on", async () => {
    await store.append(event("a", 0));
    const stored = await store.get("a");
    if (stored === undefined) throw new Error("it was stored");
    const items: TailItem[] = [
      { kind: "live", cursor: "1" },
      { kind: "gap", dropped: 12, reason: "slow", cursor: "2" },
      { kind: "gap", dropped: 0, reason: "lost", cursor: "3" },
      { kind: "event", event: stored, cursor: "4" },
    ];
    const tail = (_selector: unknown, _options: unknown, onLink: OnLink) => ({
      cursor: "4",
      async *[Symbol.asyncIterator]() {
        onLink("lost", "http://lab:8001 answers, but not as an event server");
        onLink("back");
        yield* items;
      },
      async [Symbol.asyncDispose]() {},
    });
    const following = new Following({}, { ...bound(new StoreAccess(store, undefined)), tail });
    await following.done;
    expect(following.ids).toBe("a");
    expect(following.notices.trim().split("\n")).toEqual([
      expect.stringContaining("http://lab:8001 answers, but not as an event server; trying again"),
      expect.stringContaining("answers again"),
      expect.stringContaining("12 events missing here"),
      expect.stringContaining("may be missing here"),
      expect.stringContaining("--cursor 4"),
    ]);
  });
});

/** The same access as an object whose parts can be replaced. */
function bound(inner: Access): Access {
  return {
    zone: inner.zone,
    get: (id) => inner.get(id),
    find: (options) => inner.find(options),
    count: (options) => inner.count(options),
    archive: (ids) => inner.archive(ids),
    purge: (ageMs) => inner.purge(ageMs),
    tail: (selector, options, onLink) => inner.tail(selector, options, onLink),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}
