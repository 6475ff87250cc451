import { describe, expect, it } from "vitest";
import { DeadLetters } from "../../src/ship/dead-letters.ts";
import { SendError } from "../../src/ship/sink.ts";
import { balanced, fakeShipper, line, range } from "./fakes.ts";
import { MemoryFileSystem } from "./spool/memory-file-system.ts";

const SENDER = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const LATER = "01BRZ3NDEKTSV4RRFFQ69G5FAV";
const FOLDER = "/dlq";

function letters(fs: MemoryFileSystem, maxBytes = 40_000, sender = SENDER) {
  let removed = 0;
  const box = new DeadLetters({ fs, folder: FOLDER, sender, maxBytes, removed: (files) => (removed += files) });
  const add = (seq: number, size = 500) => box.add({ at: "now", reason: "no", sender, seq, line: "x".repeat(size) });
  return { box, add, removed: () => removed };
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
    expect(removed()).toBeGreaterThan(5);
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
      range(0, 5000)
        .map((n) => line(n))
        .join(""),
    );
    await one.clock.advance(1000);
    expect(one.sink.tried.length).toBeLessThan(450);
    expect(one.shipper.stats()).toMatchObject({ deadLettered: 5000, pending: 0 });
    expect(kept(one.fs).map(({ seq }) => seq)).toEqual(range(1, 5001));
    balanced(one.shipper);
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
    balanced(one.shipper);
  });
});
