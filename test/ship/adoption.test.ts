import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { createMapLine, type Mapping } from "../../src/ship/map.ts";
import type { ShipperOptions } from "../../src/ship/shipper.ts";
import { SendError } from "../../src/ship/sink.ts";
import { nodeFileSystem } from "../../src/ship/spool/file-system.ts";
import { isOwned } from "../../src/ship/spool/owner.ts";
import { balanced, fakeShipper, line, range, storedAll } from "./fakes.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "adoption-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const down = () => {
  throw new SendError("retry", "down");
};

function process(more: Partial<ShipperOptions> = {}, dir = root) {
  const one = fakeShipper({ spool: { dir } }, { destination: "d", ...more });
  const events: EventInput[] = [];
  one.sink.answer = (sent, call) => {
    events.push(...sent);
    return storedAll(sent, call);
  };
  return { ...one, events };
}

/** A process that ends with lines in its spool. */
async function dead(lines: readonly number[], more: Partial<ShipperOptions> = {}, dir = root): Promise<string> {
  const one = process(more, dir);
  one.sink.answer = down;
  one.shipper.accept(lines.map((n) => line(n)).join(""));
  await closed(one);
  return one.shipper.sender;
}

async function closed({ shipper, clock }: ReturnType<typeof process>): Promise<void> {
  const closing = shipper.close();
  for (let at = 0; at < 20; at++) await clock.advance(100);
  await clock.advance(9000);
  await closing;
  balanced(shipper);
}

/** Until it is so; sockets take their own time. */
async function until(clock: { advance(ms: number): Promise<void> }, isSo: () => boolean): Promise<void> {
  for (let at = 0; at < 200 && !isSo(); at++) {
    await clock.advance(200);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(isSo()).toBe(true);
}

const numbers = (events: readonly EventInput[]) => events.map(({ event_data }) => (event_data as { n: number }).n);
const spools = () => readdirSync(root).filter((name) => name.length === 26);

describe("the spool of a dead process", () => {
  it("is sent by the next one, each line once and in order, and then removed", async () => {
    const sender = await dead(range(0, 1200));
    const next = process();
    await until(next.clock, () => next.shipper.stats().acknowledged === 1200);
    expect(numbers(next.events)).toEqual(range(0, 1200));
    expect(next.events.map(({ event_data }) => event_data)).toMatchObject(
      range(1, 1201).map((seq) => ({ sender, seq })),
    );
    expect(next.shipper.stats()).toMatchObject({ adopted: 1, in: 1200, pending: 0, dropped: 0 });
    await closed(next);
    expect(spools()).toEqual([]);
  });

  it("keeps the ids its lines were tried under", async () => {
    const first = process();
    first.sink.answer = down;
    first.shipper.accept(line(0) + line(1));
    await first.clock.advance(2000);
    await closed(first);
    const next = process();
    await until(next.clock, () => next.events.length === 2);
    expect(next.events.map(({ _id }) => _id)).toEqual(first.sink.ids[0]);
    await closed(next);
  });

  it("goes to one of sixteen that want it", async () => {
    await dead(range(0, 300));
    const all = Array.from({ length: 16 }, () => process());
    const clock = { advance: async (ms: number) => void (await Promise.all(all.map((one) => one.clock.advance(ms)))) };
    await until(clock, () => all.reduce((sum, { events }) => sum + events.length, 0) === 300);
    expect(all.map(({ shipper }) => shipper.stats().adopted).sort()).toEqual([...Array(15).fill(0), 1]);
    expect(numbers(all.flatMap(({ events }) => events))).toEqual(range(0, 300));
    for (const one of all) await closed(one);
    expect(spools()).toEqual([]);
  });

  it("comes along when its adopter dies, too", async () => {
    await dead(range(0, 10));
    const middle = process();
    middle.sink.answer = down;
    await until(middle.clock, () => middle.shipper.stats().adopted === 1);
    middle.shipper.accept(line(10));
    await closed(middle);
    const last = process();
    await until(last.clock, () => last.events.length === 11);
    expect(numbers(last.events).sort((a, b) => a - b)).toEqual(range(0, 11));
    await closed(last);
    expect(spools()).toEqual([]);
  });

  it("is left alone when its lines go elsewhere, which is said once", async () => {
    await dead([1], { destination: "elsewhere" });
    const next = process();
    await until(next.clock, () => next.said.length > 0);
    await next.clock.advance(60_000);
    expect(next.said.filter((text) => text.includes("belongs to another destination (elsewhere)")).length).toBe(1);
    expect(next.events).toEqual([]);
    await closed(next);
    expect(spools().length).toBe(1);
  });

  it("is left alone when a later version wrote it", async () => {
    const sender = await dead([1]);
    const path = join(root, sender, "about.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"version":1', '"version":2'));
    const next = process();
    await until(next.clock, () => next.said.some((text) => text.includes("newer version")));
    await closed(next);
    expect(readdirSync(join(root, sender))).toContain("00000001.seg");
  });

  it("is left alone while its process lives, in this process too", async () => {
    const living = process();
    living.sink.answer = down;
    living.shipper.accept(line(0));
    const other = process();
    await other.clock.advance(30_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(other.shipper.stats().adopted).toBe(0);
    expect(await isOwned(nodeFileSystem, join(root, living.shipper.sender))).toBe(true);
    living.sink.answer = storedAll;
    await living.clock.advance(31_000);
    expect(living.shipper.stats()).toMatchObject({ acknowledged: 1 });
    await closed(living);
    await closed(other);
  });

  it("is private to its user", async () => {
    const sender = await dead([1]);
    expect(statSync(join(root, sender)).mode & 0o777).toBe(0o700);
    for (const name of ["about.json", "00000001.seg"]) {
      expect(statSync(join(root, sender, name)).mode & 0o777).toBe(0o600);
    }
  });

  it("is owned through a path that is too long for a socket", async () => {
    const deep = join(root, "d".repeat(90));
    mkdirSync(deep);
    const living = process({}, deep);
    living.sink.answer = down;
    living.shipper.accept(line(0));
    const folder = join(deep, living.shipper.sender);
    expect(existsSync(join(folder, "l.sock"))).toBe(globalThis.process.platform === "linux");
    expect(await isOwned(nodeFileSystem, folder)).toBe(true);
    await closed(living);
    expect(await isOwned(nodeFileSystem, folder)).toBe(globalThis.process.platform !== "linux");
    const next = process({}, deep);
    await until(next.clock, () => next.events.length === 1);
    await closed(next);
  });

  it("without a socket is owned as long as its owner touches it", async () => {
    const sender = await dead([1]);
    const folder = join(root, sender);
    rmSync(join(folder, "l.sock"), { force: true });
    expect(await isOwned(nodeFileSystem, folder)).toBe(true);
    const old = new Date(Date.now() - 700_000);
    utimesSync(join(folder, "about.json"), old, old);
    expect(await isOwned(nodeFileSystem, folder)).toBe(false);
  });
});

describe("an adopted line", () => {
  const mapOf = async (mapping: Mapping) => {
    const map = createMapLine(mapping);
    return mapping.mapModule === undefined
      ? map
      : (...given: Parameters<typeof map>) => ({ ...map(...given), problem: "mapModule cannot be loaded" });
  };

  it("becomes an event the way its own process would have made it", async () => {
    const source = { node_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" };
    const one = process({ mapping: { source, messageKey: "text", levelMap: { "35": 50 } } });
    one.sink.answer = down;
    one.shipper.accept('{"level":35,"text":"hello"}\n');
    await closed(one);
    const next = process({ mapOf });
    await until(next.clock, () => next.events.length === 1);
    expect(next.events[0]).toMatchObject({ log_level: 50, source, event_data: { message: "hello" } });
    await closed(next);
  });

  it("goes without a map module that is gone, which is counted", async () => {
    await dead([1], { mapping: { mapModule: "/gone.mjs" } });
    const next = process({ mapOf });
    await until(next.clock, () => next.events.length === 1);
    expect(next.shipper.stats().mapFailures).toBe(1);
    await closed(next);
  });

  it("is mapped by defaults when about.json does not tell", async () => {
    for (const about of ["", "{", "[]", '{"mapping":5,"sender":7}', '{"mapping":{"map":{"event_type":"{"}}}']) {
      const sender = await dead([1]);
      writeFileSync(join(root, sender, "about.json"), about);
      const next = process({ mapOf });
      await until(next.clock, () => next.events.length === 1);
      expect(next.events[0]).toMatchObject({ log_level: 20, event_data: { sender, seq: 1 } });
      await closed(next);
      expect(spools()).toEqual([]);
    }
  });

  it("waits for a map that is still being made", async () => {
    await dead([1]);
    let ready = (_map: ReturnType<typeof createMapLine>) => {};
    const next = process({ map: new Promise((resolve) => (ready = resolve)) });
    await until(next.clock, () => next.shipper.stats().adopted === 1);
    ready(createMapLine({}));
    await until(next.clock, () => next.events.length === 1);
    expect(next.shipper.stats().dropped).toBe(0);
    await closed(next);
  });
});
