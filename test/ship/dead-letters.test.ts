import { describe, expect, it } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import { DeadLetters, type LostLetters } from "../../src/ship/dead-letters.ts";
import { SendError } from "../../src/ship/sink.ts";
import { balanced, fakeShipper, line, range } from "./fakes.ts";
import { MemoryFileSystem } from "./spool/memory-file-system.ts";

const SENDER = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const LATER = "01BRZ3NDEKTSV4RRFFQ69G5FAV";
const FIRST = "00000000000000000000000001";
const FOLDER = "/dlq";

function letters(fs: MemoryFileSystem, maxBytes = 40_000, sender = SENDER) {
  const removed: LostLetters[] = [];
  const box = new DeadLetters({ fs, folder: FOLDER, sender, maxBytes, removed: (lost) => removed.push(lost) });
  const add = (seq: number, size = 500) => box.add({ at: "now", reason: "no", sender, seq, line: "x".repeat(size) });
  return { box, add, removed };
}

function kept(fs: MemoryFileSystem): { sender: string; seq: number }[] {
  const text = fs
    .below(FOLDER)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { bytes }]) => bytes.toString());
  return text
    .join("")
    .split("\n")
    .filter(Boolean)
    .map((one) => JSON.parse(one));
}

describe("dead letters", () => {
  it("fill one file after the other, and stay within their limit; the oldest go, counted", () => {
    const fs = new MemoryFileSystem();
    const { add, box, removed } = letters(fs);
    for (const seq of range(0, 300)) {
      add(seq);
      const total = fs.below(FOLDER).reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
      expect(total).toBeLessThanOrEqual(40_000);
    }
    const seqs = kept(fs).map(({ seq }) => seq);
    expect(seqs).toEqual(range(300 - seqs.length, 300));
    expect(removed.length).toBeGreaterThan(5);
    expect(removed.reduce((sum, { count }) => sum + count, 0)).toBe(300 - seqs.length);
    expect(removed.map(({ firstSeq }) => firstSeq).slice(1)).toEqual(
      removed.map(({ lastSeq }) => lastSeq + 1).slice(0, -1),
    );
    box.close();
    expect(fs.openFiles).toBe(0);
  });

  it("go to a new file when another process has removed the present one", () => {
    const fs = new MemoryFileSystem();
    const old = letters(fs);
    const young = letters(fs, 40_000, LATER);
    old.add(1);
    for (const seq of range(0, 100)) young.add(seq);
    expect(kept(fs).some(({ sender }) => sender === SENDER)).toBe(false);
    old.add(2);
    expect(kept(fs)).toContainEqual(expect.objectContaining({ sender: SENDER, seq: 2 }));
  });

  it("do not count as lost when they were settled; their list goes with them", () => {
    const fs = new MemoryFileSystem();
    const young = letters(fs, 40_000, LATER);
    const file = `${FOLDER}/${SENDER}-0001.ndjson`;
    const texts = [7, 8, 9, 10].map((seq) => `${JSON.stringify({ seq, line: "ä".repeat(200) })}\n`);
    const offsets = texts.map((_, at) => Buffer.byteLength(texts.slice(0, at).join("")));
    fs.makeFolder(FOLDER);
    fs.writeFile(file, `${texts.join("")}{"seq":11,"torn`);
    const notes = [
      { offset: offsets[0], done: "sent" },
      { offset: offsets[1], reason: "still no" },
      { offset: offsets[3], done: "discarded" },
    ];
    fs.writeFile(`${file}.done`, `${notes.map((note) => JSON.stringify(note)).join("\n")}\nno note\n`);
    for (const seq of range(1, 70)) young.add(seq);
    expect(young.removed[0]).toEqual({ sender: SENDER, count: 2, firstSeq: 8, lastSeq: 9 });
    expect(fs.below(FOLDER).some(([path]) => path.startsWith(file))).toBe(false);
  });

  it.each([
    ["whose lines are damaged are counted by line", "a\n\u0000\nnull\n", () => undefined, 3],
    ["that cannot be read go uncounted", "{}\n{}\n", (call: string) => (call === "read" ? "EIO" : undefined), 0],
  ])("%s", (_name, content, fails, count) => {
    const fs = new MemoryFileSystem();
    fs.makeFolder(FOLDER);
    fs.writeFile(`${FOLDER}/${SENDER}-0001.ndjson`, content);
    fs.fails = fails;
    const { add, removed } = letters(fs, 40_000, LATER);
    for (const seq of range(1, 70)) add(seq);
    expect(removed[0]).toEqual({ sender: SENDER, count, firstSeq: 0, lastSeq: 0 });
  });

  it("are whole or not there at all when the disk is full or does not confirm", () => {
    const fs = new MemoryFileSystem();
    const { add } = letters(fs);
    add(1);
    fs.fill(100);
    expect(() => add(2)).toThrow("no more");
    fs.room = Number.POSITIVE_INFINITY;
    fs.fails = (call) => (call === "sync" ? "EIO" : undefined);
    expect(() => add(3, 900)).toThrow("EIO");
    fs.fails = () => undefined;
    add(4, 10);
    expect(kept(fs).map(({ seq }) => seq)).toEqual([1, 4]);
  });

  it("are kept although an old file cannot be removed", () => {
    const fs = new MemoryFileSystem();
    fs.fails = (call) => (call === "remove" ? "EACCES" : undefined);
    const { add } = letters(fs);
    for (const seq of range(0, 100)) add(seq);
    expect(kept(fs).length).toBe(100);
  });
});

function shipper(options = {}) {
  const fs = new MemoryFileSystem();
  return { fs, ...fakeShipper({ spool: { dir: "/spool" }, deadLetter: { dir: FOLDER }, ...options }, { fs }) };
}

describe("what a store refuses", () => {
  it("is dropped and told of when it cannot be kept", async () => {
    const one = shipper();
    one.sink.answer = (events) =>
      events.map(({ event_type }) =>
        event_type === "log_dropped" ? { status: "stored" } : { status: "rejected", reason: "no" },
      );
    one.fs.fails = (call, path) => (path.startsWith(FOLDER) && call !== "ageMs" ? "EACCES" : undefined);
    for (const n of range(0, 5)) one.shipper.accept(line(n));
    await one.clock.advance(70_000);
    expect(one.shipper.stats()).toMatchObject({
      deadLettered: 0,
      droppedBy: { refused: 5 },
      acknowledged: 1,
      pending: 0,
    });
    balanced(one.shipper);
  });

  it("all of it, costs so many requests a minute and no more", async () => {
    const one = shipper();
    one.sink.answer = () => {
      throw new SendError("refused", "HTTP 422");
    };
    one.shipper.accept(
      range(0, 2000)
        .map((n) => line(n))
        .join(""),
    );
    await one.clock.advance(1000);
    expect(one.sink.tried.length).toBeLessThan(450);
    expect(one.shipper.stats()).toMatchObject({ deadLettered: 2000, pending: 0 });
    expect(kept(one.fs).map(({ seq }) => seq)).toEqual(range(1, 2001));
    balanced(one.shipper);
  });
});

describe("dead letters that go to keep the limit", () => {
  const told = (events: readonly EventInput[]) => events.filter((event) => event.event_type === "log_dropped");

  it("are dropped, no longer dead letters, and told of; those of others are only told of", async () => {
    const one = shipper({ deadLetter: { dir: FOLDER, maxBytes: 65_536 } });
    one.fs.makeFolder(FOLDER);
    one.fs.writeFile(`${FOLDER}/${FIRST}-0001.ndjson`, '{"seq":3}\n{"seq":5}\n');
    const reports: EventInput[] = [];
    one.sink.answer = (events) => {
      reports.push(...told(events));
      return events.map(({ event_type }) =>
        event_type === "log_dropped" ? { status: "stored" } : { status: "rejected", reason: "no" },
      );
    };
    for (const n of range(0, 500)) one.shipper.accept(line(n));
    await one.clock.advance(70_000);
    const stats = one.shipper.stats();
    const left = kept(one.fs).length;
    expect(stats).toMatchObject({ deadLettered: left, dropped: 500 - left, droppedBy: { letters: 500 - left } });
    expect(stats).toMatchObject({ pending: 0, acknowledged: reports.length });
    expect(left).toBeLessThan(500);
    balanced(one.shipper);
    const data = reports.map(({ event_data }) => event_data as Record<string, unknown>);
    const message = "log lines lost: dead letters had reached deadLetter.maxBytes";
    expect(data.filter(({ sender }) => sender === FIRST)).toEqual([
      { message, reason: "letters", count: 2, by_level: {}, first_seq: 3, last_seq: 5, sender: FIRST },
    ]);
    const own = data.filter(({ sender }) => sender !== FIRST);
    expect(own.every(({ reason }) => reason === "letters")).toBe(true);
    expect(own.reduce((sum, { count }) => sum + Number(count), 0)).toBe(500 - left);
    expect(own[0]?.first_seq).toBe(1);
    expect(own.at(-1)?.last_seq).toBe(Number(kept(one.fs)[0]?.seq) - 1);
    expect(one.said).toContainEqual(expect.stringMatching(/oldest file was removed, and 2 event\(s\) in it are lost/));
  });
});

describe("a line of more than 15 MiB", () => {
  it("is a dead letter with its beginning and its size", async () => {
    const one = shipper();
    const piece = "y".repeat(1_048_576);
    for (let at = 0; at < 16; at++) one.shipper.accept(piece);
    one.shipper.accept(`\n${line(1)}`);
    await one.clock.advance(1000);
    expect(one.shipper.stats()).toMatchObject({ in: 2, deadLettered: 1, acknowledged: 1 });
    const [letter] = kept(one.fs) as unknown as [{ line: string; bytes: number; reason: string }];
    expect([letter.bytes, letter.reason, letter.line.startsWith("yyy")]).toEqual([
      16_777_216,
      "the line is too long",
      true,
    ]);
    expect(one.said).toContain("too long: a line of 16777216 bytes is too long to become an event");
    balanced(one.shipper);
  });
});
