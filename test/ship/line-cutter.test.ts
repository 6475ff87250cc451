import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { levelPeek } from "../../src/ship/level-peek.ts";
import { type Block, LineCutter } from "../../src/ship/line-cutter.ts";

interface Cutting {
  readonly blocks: Block[];
  readonly oversize: [string, number][];
  readonly carried: number;
}

function cut(pieces: readonly (string | Buffer)[], maxLineBytes = 1000, blockBytes = 64): Cutting {
  const oversize: [string, number][] = [];
  const cutter = new LineCutter({
    level: levelPeek({}),
    blockBytes,
    maxLineBytes,
    oversize: (beginning, bytes) => oversize.push([beginning.toString("latin1"), bytes]),
  });
  const blocks = pieces.flatMap((piece) => [...cutter.push(piece)]);
  return { blocks: [...blocks, ...cutter.end()], oversize, carried: cutter.carried };
}

function linesOf(blocks: readonly Block[]): string[] {
  return blocks.flatMap(({ body }) => body.toString("latin1").split("\n").slice(0, -1));
}

function pieces<T extends string | Buffer>(whole: T, cuts: readonly number[]): T[] {
  const at = [0, ...cuts.map((one) => one % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return at.slice(1).map((end, index) => whole.slice(at[index], end) as T);
}

const fragment = fc.oneof(
  fc.constantFrom(
    "\n",
    "\n\n",
    " \n",
    "\r\n",
    "\t \r\n",
    '{"level":50,"m":1}\n',
    '{"level":10}\n',
    "é",
    "😀",
    "\u00a0\n",
    "\u2028",
  ),
  fc.string({ maxLength: 30 }),
);
const text = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(""));
const cuts = fc.array(fc.nat(), { maxLength: 12 });

/** What must come out, by the plainest means. */
function expected(bytes: Buffer, maxLineBytes: number) {
  // What is long is not searched for something to read in it.
  const all = bytes
    .toString("latin1")
    .split("\n")
    .filter((line) => line.length > maxLineBytes || !/^[\t-\r ]*$/.test(line));
  return {
    lines: all.filter((line) => line.length <= maxLineBytes),
    oversize: all
      .filter((line) => line.length > maxLineBytes)
      .map((line) => [line.slice(0, maxLineBytes), line.length]),
  };
}

describe("lines", () => {
  it("are the same wherever bytes are cut", () => {
    fc.assert(
      fc.property(text, cuts, fc.integer({ min: 1, max: 60 }), (whole, at, max) => {
        const bytes = Buffer.from(whole);
        const { blocks, oversize, carried } = cut(pieces(bytes, at), max);
        expect({ lines: linesOf(blocks), oversize }).toEqual(expected(bytes, max));
        expect(carried).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("are the same wherever text is cut between characters", () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), cuts, fc.integer({ min: 1, max: 60 }), (parts, at, max) => {
        const whole = parts.join("").toWellFormed();
        const safe = at
          .map((one) => one % (whole.length + 1))
          .filter((one) => (whole.charCodeAt(one) & 0xfc00) !== 0xdc00);
        const { blocks, oversize } = cut(pieces(whole, safe), max);
        const { lines, oversize: long } = expected(Buffer.from(whole), max);
        expect(linesOf(blocks)).toEqual(lines);
        expect(oversize.map(([, bytes]) => bytes)).toEqual(long.map(([, bytes]) => bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it("keep bytes that are no UTF-8", () => {
    const bytes = Buffer.from([0xff, 0xc3, 10, 0xa9, 0xfa, 0xce, 0xc0, 0xf5, 10]);
    expect(Buffer.concat(cut([bytes.subarray(0, 2), bytes.subarray(2)]).blocks.map(({ body }) => body))).toEqual(bytes);
  });

  it("do not change with the memory a piece was a view of", () => {
    const piece = Buffer.from("begin");
    const cutter = new LineCutter({ level: levelPeek({}), maxLineBytes: 100, oversize: () => {} });
    cutter.push(piece);
    piece.fill(0);
    expect(linesOf(cutter.push("ning\n"))).toEqual(["beginning"]);
  });
});

describe("blocks", () => {
  it("say how much input was taken in by their end, of text and of bytes", () => {
    fc.assert(
      fc.property(text, cuts, fc.boolean(), (whole, at, isText) => {
        const input = isText ? whole : Buffer.from(whole);
        const { blocks } = cut(isText ? pieces(whole, at) : pieces(Buffer.from(whole), at), 1000, 16);
        for (const [index, { through }] of blocks.entries()) {
          const upTo = input.slice(0, through);
          const done = cut([typeof upTo === "string" ? upTo : Buffer.from(upTo)]);
          if (isText && at.length > 0 && /[\ud800-\udfff]/.test(whole)) continue; // halves of pairs
          expect(linesOf(done.blocks)).toEqual(linesOf(blocks.slice(0, index + 1)));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("know the level of each line, and hold no more than so many bytes", () => {
    const { blocks } = cut(['{"level":50,"n":1}\n{"level":10,"n":2}\n', "plain\n"]);
    expect(blocks.flatMap(({ levels }) => levels)).toEqual([40, 10, 20]);
    expect(
      cut(["x".repeat(20), "\n".repeat(9), `${"y".repeat(20)}\n`.repeat(40)]).blocks.every(
        ({ body }) => body.length <= 64,
      ),
    ).toBe(true);
  });
});

describe("a line that is too long", () => {
  it("gives its beginning and its size once, and the next line is whole again", () => {
    for (const size of [1, 100, 5000]) {
      const whole = `${"a".repeat(1001)}\nnext\n`;
      const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
        whole.slice(at * size, (at + 1) * size),
      );
      const { blocks, oversize } = cut(parts);
      expect([linesOf(blocks), oversize]).toEqual([["next"], [["a".repeat(1000), 1001]]]);
    }
  });

  it("takes no more memory than its limit, and time in proportion, byte by byte", () => {
    const cutter = new LineCutter({ level: levelPeek({}), maxLineBytes: 100_000, oversize: () => {} });
    const piece = Buffer.from("z");
    const startMs = performance.now();
    for (let n = 0; n < 300_000; n++) cutter.push(piece);
    expect(cutter.carried).toBe(300_000);
    expect(performance.now() - startMs).toBeLessThan(5000);
  });
});
