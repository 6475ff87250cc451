import { describe, expect, test } from "vitest";
import { EventRows, type Look } from "../../src/cli/event-rows.ts";
import { paintFor, UNPAINTED } from "../../src/cli/paint.ts";
import { RowTime } from "../../src/cli/row-time.ts";
import { cut, padded, widthOf } from "../../src/cli/width.ts";
import type { StoredEvent } from "../../src/event/event.ts";
import { createEvent } from "../../src/event/parse.ts";

const NODE = "01JYKZDPANTNRYXF5TQKRJS0F2";

function event(fields: Parameters<typeof createEvent>[0], more: Partial<StoredEvent> = {}): StoredEvent {
  const made = createEvent({ event_timestamp: "2025-01-01T10:00:00Z", ...fields });
  return { ...made, received_at: null, skew_ms: null, ...more };
}

function rows(events: readonly StoredEvent[], look: Partial<Look> = {}): string[] {
  const plain = { paint: UNPAINTED, time: new RowTime({ utc: true }), columns: undefined, dayLines: false };
  return new EventRows({ ...plain, ...look }).page(events).trimEnd().split("\n");
}

describe("rows", () => {
  test("have time, level, type, the end of the node id, the message and the rest of the data", () => {
    const event_data = { message: "arm stalled", code: 7, plate: "P 17", at: { x: 1 } };
    const made = event({ event_type: "node_error", log_level: 40, source: { node_id: NODE }, event_data });
    expect(rows([made])).toEqual([
      '2025-01-01 10:00:00.000Z ERROR    node_error       RJS0F2 arm stalled code=7 plate="P 17" at={"x":1}',
    ]);
  });

  test("mark alerts and archived events", () => {
    const made = event({ event_type: "test", alert: true, event_data: "hot" }, { archived: true });
    expect(rows([made])).toEqual(["2025-01-01 10:00:00.000Z INFO     test             -      ALERT (archived) hot"]);
  });

  test("show data that is no object as the message", () => {
    expect(rows([event({ event_data: [1, 12345678901234567890n] })])[0]).toMatch(/ \[1,12345678901234567890\]$/);
  });

  test("show a line for each day on a terminal, and the time of day in each row", () => {
    const times = ["2025-01-01T23:59:59.5Z", "2025-01-02T00:00:01+00:00", "2025-01-02T00:00:02Z"];
    const made = times.map((event_timestamp) => event({ event_timestamp, event_type: "test" }));
    expect(rows(made, { dayLines: true }).map((line) => line.slice(0, 30).trim())).toEqual([
      "--- Wednesday 2025-01-01, UTC",
      "23:59:59.500 INFO     test",
      "--- Thursday 2025-01-02, UTC",
      "00:00:01.000 INFO     test",
      "00:00:02.000 INFO     test",
    ]);
  });

  test("keep a timestamp without offset at the instant the store gave it", () => {
    const event_timestamp = "2025-01-01T10:00:00";
    const made = event({ event_timestamp }, { received_at: "2025-01-01T08:00:01Z", skew_ms: 1000 });
    expect(rows([made])[0]).toMatch(/^2025-01-01 08:00:00\.000Z /);
    const zone = new RowTime({ utc: true, zone: "America/New_York" });
    expect(rows([event({ event_timestamp })], { time: zone })[0]).toMatch(/^2025-01-01 15:00:00\.000Z /);
  });

  test("show an unreadable timestamp of another program as it is", () => {
    expect(rows([event({}, { event_timestamp: "soon\u001b[2J" })])[0]).toMatch(/^soon·\[2J INFO/);
  });

  test("are cut to the terminal by cells, and coloured only behind the cut", () => {
    const event_data = { message: "漢".repeat(99), plate: "P-17" };
    const painted = paintFor("true", false, { env: {} });
    const [plain = ""] = rows([event({ event_data })], { columns: 80 });
    expect(widthOf(plain)).toBeLessThanOrEqual(80);
    expect(plain).toMatch(/漢…$/);
    const [colourful = ""] = rows([event({ event_data })], { columns: 80, paint: painted });
    expect(colourful.replaceAll(/\u001b\[[\d;]*m/g, "")).toBe(plain);
  });

  test("hold nothing that steers a terminal, wherever it stands", () => {
    const evil = "a\u001b[31m\u009b\u202e\u0007\rb";
    const made = event(
      { event_data: { message: evil, [evil]: evil } },
      { event_type: evil, source: { node_id: evil } },
    );
    expect(rows([made]).join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  test("make room for longer types, up to a bound", () => {
    const made = [event({ event_type: "t".repeat(40) }), event({ event_type: "test" })];
    const starts = rows(made).map((line) => line.indexOf(" -", 30));
    expect(starts).toEqual([60, 60]);
  });
});

describe("colour", () => {
  test.each([
    ["true", false, { NO_COLOR: "1" }, true],
    ["false", true, { FORCE_COLOR: "1" }, false],
    [undefined, true, {}, true],
    [undefined, false, {}, false],
    [undefined, true, { NO_COLOR: "1" }, false],
    [undefined, true, { NO_COLOR: "" }, true],
    [undefined, false, { FORCE_COLOR: "1" }, true],
    [undefined, true, { FORCE_COLOR: "0" }, false],
    [undefined, true, { TERM: "dumb" }, false],
  ])("--color %s, terminal %s, %j: %s", (flag, terminal, env, coloured) => {
    const text = paintFor(flag, terminal, { env })("red", "x");
    expect(text).toBe(coloured ? "\u001b[31mx\u001b[0m" : "x");
  });
});

describe("width", () => {
  test.each([
    ["abc", 3],
    ["漢字", 4],
    ["e\u0301", 1],
    ["🔥", 2],
    ["", 0],
  ])("%j takes %d cells", (text, cells) => {
    expect(widthOf(text)).toBe(cells);
  });

  test("texts are padded and cut by cells", () => {
    expect(padded("漢", 4)).toBe("漢  ");
    expect(cut("漢字漢", 5)).toBe("漢字…");
    expect(cut("漢字漢", 4)).toBe("漢…");
    expect(cut("abc", 3)).toBe("abc");
    expect(cut("abc", 0)).toBe("");
  });
});
