import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SseMessage, SseParser } from "../../src/client/sse.ts";

function parse(text: string, sizes: readonly number[] = []): SseMessage[] {
  const bytes = Buffer.from(text);
  const parser = new SseParser();
  const messages: SseMessage[] = [];
  let at = 0;
  for (const size of sizes) {
    messages.push(...parser.push(bytes.subarray(at, at + size)));
    at += size;
  }
  messages.push(...parser.push(bytes.subarray(at)));
  return messages;
}

const STREAM = [
  "\ufeffretry: 1500\n\n",
  ": a comment\n",
  'id: c1\nevent: event\ndata: {"text":"größer 🧪"}\n\n',
  "id: c2\r\nevent: live\r\ndata: {}\r\n\r\n",
  "id:c3\revent:stats\rdata:{}\r\r",
  "data: one\ndata:two\ndata\n\n",
  "id: c4\n\n",
  "unknown: field\n\n",
  "event: unfinished\ndata: x\n",
].join("");

describe("a stream of messages", () => {
  it("is read as the standard says", () => {
    expect(parse(STREAM)).toEqual([
      { event: "message", data: "", id: undefined, retryMs: 1500 },
      { event: "event", data: '{"text":"größer 🧪"}', id: "c1", retryMs: undefined },
      { event: "live", data: "{}", id: "c2", retryMs: undefined },
      { event: "stats", data: "{}", id: "c3", retryMs: undefined },
      { event: "message", data: "one\ntwo\n", id: "c3", retryMs: undefined },
      { event: "message", data: "", id: "c4", retryMs: undefined },
    ]);
  });

  it("means the same wherever its bytes end", () => {
    const whole = parse(STREAM);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (sizes) => {
        expect(parse(STREAM, sizes)).toEqual(whole);
      }),
    );
  });

  it("ignores ids with NUL and what is no number", () => {
    expect(parse("id: a\0b\nretry: soon\ndata: x\n\n")).toEqual([
      { event: "message", data: "x", id: undefined, retryMs: undefined },
    ]);
  });

  it("is refused where a message never ends", () => {
    const parser = new SseParser();
    const piece = Buffer.alloc(9_000_000, "x");
    parser.push(piece);
    expect(() => parser.push(piece)).toThrow(RangeError);
  });
});
