import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Line } from "../../../src/ship/spool/spool-reader.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";
import {
  FOLDER,
  type Frames,
  framesIn,
  isIntact,
  type ReadBack,
  readBack,
  segmentFiles,
  Writer,
} from "./spool-model.ts";

const damage = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), file: fc.nat(), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({
    kind: fc.constant("zero" as const),
    file: fc.nat(),
    at: fc.nat(),
    bytes: fc.integer({ min: 1, max: 700 }),
  }),
  fc.record({ kind: fc.constant("cut" as const), file: fc.nat(), at: fc.nat() }),
  fc.record({
    kind: fc.constant("garbage" as const),
    file: fc.nat(),
    with: fc.uint8Array({ minLength: 1, maxLength: 90 }),
  }),
  fc.record({ kind: fc.constant("repeat" as const), file: fc.nat(), at: fc.nat() }),
  fc.record({ kind: fc.constant("missing" as const), file: fc.nat() }),
);
const checkpoint = fc.oneof(
  { weight: 4, arbitrary: fc.constant("kept" as const) },
  fc.constantFrom("missing" as const, "older" as const, "garbage" as const, "future" as const),
);
const run = fc.record({
  appends: fc.array(fc.array(fc.nat(90), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 14 }),
  settled: fc.nat(30),
  damages: fc.array(damage, { maxLength: 4 }),
  checkpoint,
  secondStop: fc.nat(40),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function hurt(fs: MemoryFileSystem, given: Damage): void {
  const files = segmentFiles(fs);
  if (files.length === 0) return;
  const [path, file] = files[given.file % files.length] as (typeof files)[number];
  const { bytes } = file;
  const at = "at" in given && bytes.length > 0 ? given.at % bytes.length : 0;
  if (given.kind === "missing") fs.files.delete(path);
  else if (given.kind === "cut") file.bytes = bytes.subarray(0, at);
  else if (given.kind === "garbage") file.bytes = Buffer.concat([bytes, given.with]);
  else if (given.kind === "repeat") file.bytes = Buffer.concat([bytes, bytes.subarray(at)]);
  else if (given.kind === "zero") bytes.subarray(at, at + given.bytes).fill(0);
  else if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << given.bit);
}

function hurtCheckpoint(
  fs: MemoryFileSystem,
  how: "kept" | "missing" | "older" | "garbage" | "future",
  older: Buffer | undefined,
): void {
  const path = fs.below(FOLDER).find(([one]) => one.includes("/ack."))?.[0];
  if (path === undefined || how === "kept") return;
  const file = fs.files.get(path) as { bytes: Buffer };
  if (how === "missing" || (how === "older" && older === undefined)) fs.files.delete(path);
  else if (how === "older") file.bytes = older as Buffer;
  else if (how === "garbage") file.bytes = Buffer.from("garbage!".repeat(8));
  else future(fs);
}

function future(fs: MemoryFileSystem): void {
  const { adopted } = readBack(fs);
  adopted.settle(1_000_000);
  adopted.release();
}

/** Undamaged lines that nobody has settled. */
function owed(frames: readonly Frames[], fs: MemoryFileSystem, settled: number): number[] {
  return frames
    .filter((frame) => isIntact(fs, frame))
    .flatMap(({ firstSeq, count }) => Array.from({ length: count }, (_, at) => firstSeq + at))
    .filter((seq) => seq > settled);
}

function places(ranges: readonly [number, number][]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
}

function contents(fs: MemoryFileSystem): Map<number, Line> {
  return new Map(readBack(fs).lines.map((line) => [line.seq, line]));
}

function inOrderAndAsWritten({ lines }: ReadBack, written: ReadonlyMap<number, Line>): void {
  expect(lines).toEqual(lines.map(({ seq }) => written.get(seq)));
  expect(lines.filter(({ seq }, at) => at > 0 && seq <= (lines[at - 1]?.seq as number))).toEqual([]);
}

describe("a damaged spool", () => {
  it("gives every undamaged line once, in order, under its id, and counts the others", () => {
    fc.assert(
      fc.property(run, ({ appends, settled: wanted, damages, checkpoint, secondStop }) => {
        const disk = new MemoryFileSystem();
        const writer = new Writer(disk);
        for (const sizes of appends) writer.append(sizes);
        const written = contents(disk.crashed());
        const last = Math.max(0, ...written.keys());
        const first = writer.settle(wanted >> 1);
        const older = disk.below(FOLDER).find(([path]) => path.includes("/ack."))?.[1].bytes;
        const olderCopy = older && Buffer.from(older);
        const settled = Math.max(first, writer.settle(wanted - (wanted >> 1)));
        const frames = framesIn(disk);

        const fs = disk.crashed();
        hurtCheckpoint(fs, checkpoint, olderCopy);
        const isKnown = checkpoint !== "garbage" && checkpoint !== "future";
        // Last, so that what is repeated is no way out for what was damaged.
        for (const one of damages.filter(({ kind }) => kind !== "repeat")) hurt(fs, one);
        for (const one of damages.filter(({ kind }) => kind === "repeat")) hurt(fs, one);
        const owing = owed(frames, fs, settled);
        const again = fs.crashed();
        const back = readBack(fs);
        inOrderAndAsWritten(back, written);
        const came = back.lines.map(({ seq }) => seq).filter((seq) => seq > settled);
        expect(came).toEqual(owing);
        const missed = places(back.lost);
        expect(missed).toEqual([...new Set(missed)]);
        expect(missed.filter((seq) => came.includes(seq))).toEqual([]);
        // Up to the last line that came, each place is settled, delivered or counted.
        const known = new Set([...came, ...missed]);
        const upTo = Array.from({ length: Math.max(0, Math.max(0, ...came) - settled) }, (_, at) => settled + 1 + at);
        if (isKnown) expect(upTo.filter((seq) => !known.has(seq))).toEqual([]);
        // The damaged end of all says how many lines it had, which may itself be off by one.
        expect(Math.max(0, ...missed)).toBeLessThanOrEqual(last + 1);

        // The adopter crashes as well.
        const some = readBack(again, secondStop);
        const reached = some.lines.at(-1)?.seq ?? 0;
        if (reached > 0) some.adopted.settle(reached);
        const rest = readBack(again.crashed());
        inOrderAndAsWritten(rest, written);
        expect(rest.lines.map(({ seq }) => seq).filter((seq) => seq > Math.max(settled, reached))).toEqual(
          owing.filter((seq) => seq > reached),
        );
      }),
      { numRuns: Number(process.env.SHIP_RUNS ?? 600) },
    );
  });

  it("goes on after a torn tail, and removes the folder when all is settled", () => {
    const disk = new MemoryFileSystem();
    new Writer(disk, 1e6).append([40, 40, 40]);
    const fs = disk.crashed();
    const [[, file]] = segmentFiles(fs) as [ReturnType<typeof segmentFiles>[number]];
    file.bytes = file.bytes.subarray(0, file.bytes.length - 1);
    const back = readBack(fs);
    expect(back.lines.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(back.corruptBytes).toBeGreaterThan(0);
    back.adopted.settle(2);
    back.adopted.remove();
    expect(fs.below(FOLDER)).toEqual([]);
    expect(fs.openFiles).toBe(0);
  });

  it("stays when a part of it cannot be read", () => {
    const disk = new MemoryFileSystem();
    new Writer(disk, 600).append(Array.from({ length: 30 }, () => 80));
    const fs = disk.crashed();
    const bad = segmentFiles(fs)[2]?.[0] as string;
    fs.fails = (call, path) => (call === "read" && path === bad ? "EIO" : undefined);
    const back = readBack(fs);
    back.adopted.settle(back.lines.at(-1)?.seq ?? 0);
    expect(back.lost.length).toBe(1);
    expect(() => back.adopted.remove()).toThrow("not readable");
    expect(fs.files.has(bad)).toBe(true);
  });

  it("with many damaged frames is read in time in proportion", () => {
    const disk = new MemoryFileSystem();
    new Writer(disk, 1e9).append(Array.from({ length: 1500 }, () => 88));
    const fs = disk.crashed();
    for (const { at } of framesIn(disk).filter((_frame, at) => at % 2 === 1)) {
      const [[, file]] = segmentFiles(fs) as [ReturnType<typeof segmentFiles>[number]];
      file.bytes[at + 60] = 0;
    }
    const startMs = performance.now();
    expect(readBack(fs).lost.length).toBe(750);
    expect(performance.now() - startMs).toBeLessThan(3000);
  });
});
