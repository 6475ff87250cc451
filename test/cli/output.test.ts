import { Readable, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { describeError, EXIT } from "../../src/cli/exit.ts";
import { type Format, writeEvents } from "../../src/cli/format.ts";
import { columnsOf, type Io, Output, progressOn } from "../../src/cli/io.ts";
import { readLines } from "../../src/cli/lines.ts";
import { UNPAINTED } from "../../src/cli/paint.ts";
import { RowTime } from "../../src/cli/row-time.ts";
import { timeArgument } from "../../src/cli/time.ts";
import { ERROR_CODES, EventStoreError } from "../../src/errors.ts";
import type { StoredEvent } from "../../src/event/event.ts";
import { createEvent } from "../../src/event/parse.ts";

function event(fields: Parameters<typeof createEvent>[0]): StoredEvent {
  return { ...createEvent({ event_timestamp: "2025-01-01T10:00:00Z", ...fields }), received_at: null, skew_ms: null };
}

async function printed(events: readonly StoredEvent[], format: Format, more: Partial<Io> & { fields?: string[] } = {}) {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const look = { paint: UNPAINTED, time: new RowTime({ utc: true }), columns: more.columns, dayLines: false };
  const io = { out: new Output(stream) } as unknown as Io;
  await writeEvents(events.length > 0 ? [events] : [], { format, fields: more.fields, look }, io);
  return text;
}

describe("table", () => {
  test("never passes control characters on", async () => {
    const text = await printed([event({ event_data: { message: "a\u001b[31mb\nc\u009bd" } })], "table");
    expect(text).toContain("a·[31mb c·d");
  });

  test("cuts a line to the terminal, by cells", async () => {
    const text = await printed([event({ event_data: "漢".repeat(99) })], "table", {
      columns: 80,
      fields: ["event_data"],
    });
    expect(text.split("\n")[1]).toBe(`${"漢".repeat(39)}…`);
  });

  test("has the chosen fields as columns", async () => {
    const text = await printed([event({ event_type: "test" })], "table", { fields: ["event_type", "alert"] });
    expect(text).toBe("event_type  alert\ntest        false\n");
  });

  test("says when there is nothing", async () => {
    expect(await printed([], "table")).toBe("no events\n");
  });
});

describe("json and ndjson", () => {
  test("hold the same events, long integers digit by digit", async () => {
    const events = [event({ event_data: { n: 12345678901234567890n } }), event({ event_data: "x" })];
    const lines = (await printed(events, "ndjson")).trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('"n":12345678901234567890');
    const array = await printed(events, "json");
    expect(JSON.parse(array)).toEqual(lines.map((line) => JSON.parse(line)));
  });

  test("an empty result is an empty array", async () => {
    expect(JSON.parse(await printed([], "json"))).toEqual([]);
  });
});

describe("readLines", () => {
  async function lines(chunks: readonly string[], maxBytes = 100) {
    const all = [];
    for await (const group of readLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), maxBytes)) {
      for (const line of group) all.push([line.number, line.text]);
    }
    return all;
  }

  test("splits at \\n across chunks, numbers from 1, and takes an unfinished last line", async () => {
    expect(await lines(["a\nb", "c\r\n\nd"])).toEqual([
      [1, "a"],
      [2, "bc"],
      [3, ""],
      [4, "d"],
    ]);
  });

  test("does not split at the other line separators JSON text may hold", async () => {
    expect(await lines(["a\u2028b\u0085c\n"])).toEqual([[1, "a\u2028b\u0085c"]]);
  });

  test("keeps characters whole that lie across chunks", async () => {
    const bytes = Buffer.from("é\n");
    const stream = Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]);
    for await (const [line] of readLines(stream, 10)) expect(line?.text).toBe("é");
  });

  test("gives no text for a line over the bound and goes on behind it", async () => {
    expect(await lines(["aaaa", "aaaa\nb\n"], 5)).toEqual([
      [1, undefined],
      [2, "b"],
    ]);
  });
});

describe("timeArgument", () => {
  const now = new Date("2025-01-08T00:00:00Z");
  test.each([
    ["30s", "2025-01-07T23:59:30.000Z"],
    ["10m", "2025-01-07T23:50:00.000Z"],
    ["2h ago", "2025-01-07T22:00:00.000Z"],
    ["7d", "2025-01-01T00:00:00.000Z"],
    ["1w", "2025-01-01T00:00:00.000Z"],
    ["1.5h", "2025-01-07T22:30:00.000Z"],
  ])("%s is that long before now", (text, instant) => {
    expect(timeArgument(text, now)).toEqual(new Date(instant));
  });

  test("anything else is left to the store", () => {
    for (const text of ["2025-01-01", "1735689600", "yesterday"]) expect(timeArgument(text, now)).toBe(text);
  });
});

describe("errors", () => {
  test("have an exit code each", () => {
    expect(Object.keys(EXIT)).toEqual([...ERROR_CODES]);
    expect(EXIT.EVT_SCHEMA_MISMATCH).toBe(3);
    expect(EXIT.EVT_BACKEND_UNAVAILABLE).toBe(4);
  });

  test("are one line without a stack; with DEBUG they have the stack and its cause", () => {
    const error = new EventStoreError("EVT_CLOSED", "the store\nis closed", { cause: new Error("why") });
    expect(describeError(error, false)).toBe("error: the store is closed");
    expect(describeError(error, true)).toMatch(/at .*\n[\s\S]*caused by Error: why/);
  });
});

describe("a terminal", () => {
  test.each([
    [{ isTTY: true, columns: 120 }, undefined, 120],
    [{ isTTY: true, columns: 120 }, "40", 40],
    [{ isTTY: true, columns: 0 }, "40", 40],
    [{ isTTY: true, columns: 0 }, undefined, undefined],
    [{ isTTY: true, columns: 120 }, "", 120],
    [{ isTTY: true, columns: 120 }, "0", 120],
    [{ isTTY: true, columns: 120 }, "-5", 120],
    [{ isTTY: true, columns: 120 }, "wide", 120],
    [{ isTTY: false, columns: 120 }, "40", undefined],
    [{}, "40", undefined],
  ])("%j with COLUMNS=%j has lines of %j", (stream, COLUMNS, columns) => {
    expect(columnsOf(stream, { COLUMNS })).toBe(columns);
  });

  test("has progress on one line, however long it is and whatever is in it; nothing else has any", () => {
    let text = "";
    const write = (piece: string) => (text += piece);
    progressOn({ isTTY: true, columns: 12, write }, {})?.("[##--] 2 of 5 漢字");
    progressOn({ isTTY: true, columns: 120, write }, {})?.("short");
    progressOn({ isTTY: true, write }, {})?.("");
    expect(text).toBe("\r[##--] 2 o…\u001b[K\rshort\u001b[K\r\u001b[K");
    expect(progressOn({ write }, { COLUMNS: "80" })).toBeUndefined();
  });
});
