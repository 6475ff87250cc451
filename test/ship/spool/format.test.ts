import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  claimedEnd,
  decodeFrame,
  decodeSegmentHeader,
  encodeFrameHeader,
  encodeSegmentHeader,
  FRAME_HEADER_BYTES,
  frameBytesAt,
  KIND,
  VERSION,
} from "../../../src/ship/spool/format.ts";

const place = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(Buffer.from);
const frame = fc.record({
  kind: fc.constantFrom(0 as const, 1 as const, 2 as const),
  firstSeq: place,
  count: fc.nat(),
  through: place,
  id: bytesOf(16),
  body: fc.uint8Array({ maxLength: 200 }).map(Buffer.from),
});
const header = fc.record({ sender: bytesOf(16), createdMs: place, firstSeq: place, destination: bytesOf(8) });

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

describe("frames", () => {
  it("come back as they were, wherever they stand", () => {
    fc.assert(
      fc.property(frame, fc.nat(50), (given, at) => {
        const bytes = Buffer.concat([Buffer.alloc(at, 7), encodeFrameHeader(given), given.body, Buffer.alloc(9)]);
        expect(decodeFrame(bytes, at)).toEqual({ ...given, bodyBytes: given.body.length });
        expect(frameBytesAt(bytes, at)).toBe(FRAME_HEADER_BYTES + given.body.length);
      }),
    );
  });

  it("are bad or short when any single bit is another", () => {
    fc.assert(
      fc.property(frame, (given) => {
        const bytes = Buffer.concat([encodeFrameHeader(given), given.body]);
        for (let bit = 0; bit < bytes.length * 8; bit++)
          expect(decodeFrame(flipped(bytes, bit), 0)).toBeTypeOf("string");
      }),
      { numRuns: 10 },
    );
  });

  it("are short when their end is missing", () => {
    fc.assert(
      fc.property(frame, fc.nat(), (given, cut) => {
        const bytes = Buffer.concat([encodeFrameHeader(given), given.body]);
        expect(decodeFrame(bytes.subarray(0, cut % bytes.length), 0)).toBe("short");
      }),
    );
  });
});

describe("what a damaged end claims", () => {
  const claimed = (body: string, behind = "", count = 2) => {
    const header = { kind: KIND.lines, firstSeq: 5, count, through: 0, id: Buffer.alloc(16) };
    const frame = Buffer.concat([encodeFrameHeader({ ...header, body: Buffer.from(body) }), Buffer.from(body)]);
    return claimedEnd(Buffer.concat([frame, Buffer.from(behind, "latin1")]), 5);
  };

  it("is the number of its line ends, where its own number is far from them", () => {
    expect(claimed("a\nb\n")).toBe(7);
    expect(claimed("a\nb\n", "", 1 << 20)).toBe(7);
    expect(claimed("a\nb\nc\nd\n")).toBe(9);
  });

  it("is never more than it says itself, where other bytes have got into its body", () => {
    expect(claimed("a\nb\nc\nd\n", "more of what does not belong here")).toBe(7);
    expect(claimed("a\nb\n", "more of what does not belong here", 1 << 20)).toBe(7);
    expect(claimed("a\nb\nc\nd\n", "\xfa\xce\xc0\xf5")).toBe(9);
  });
});

describe("segment headers", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(header, (given) => {
        expect(decodeSegmentHeader(encodeSegmentHeader(given))).toEqual(given);
      }),
    );
  });

  it("are none when any single bit is another", () => {
    fc.assert(
      fc.property(header, (given) => {
        const bytes = encodeSegmentHeader(given);
        for (let bit = 0; bit < bytes.length * 8; bit++)
          expect(decodeSegmentHeader(flipped(bytes, bit))).toBeUndefined();
      }),
      { numRuns: 5 },
    );
  });

  it("of a later version are told from damaged ones", async () => {
    const { crc32 } = await import("node:zlib");
    const [given] = fc.sample(header, 1) as [Parameters<typeof encodeSegmentHeader>[0]];
    const bytes = encodeSegmentHeader(given);
    bytes.writeUInt16LE(VERSION + 1, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
    expect(decodeSegmentHeader(bytes)).toBe("newer");
  });
});
