import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogLevel } from "../../src/event/levels.ts";
import { levelPeek } from "../../src/ship/level-peek.ts";
import { createMapLine } from "../../src/ship/map.ts";

const PLACE = { id: "01ARZ3NDEKTSV4RRFFQ69G5FAV", sender: "01ARZ3NDEKTSV4RRFFQ69G5FAV", seq: 1 };
const level = fc.oneof(
  fc.constantFrom(10, 20, 30, 40, 50, 60, 35, 100, 5, 0),
  fc.constantFrom("trace", "debug", "info", "warn", "error", "fatal", "INFO", "warning", "critical"),
);

function same(line: string, levelMap: Readonly<Record<string, LogLevel>>): void {
  const mapped = createMapLine({ levelMap })(line, PLACE).event?.log_level;
  expect([line, levelPeek(levelMap)(`before\n${line}\n`, 7, 7 + line.length + 1)]).toEqual([line, mapped]);
}

describe("level peek", () => {
  it("sees what the line becomes, wherever its level stands", () => {
    fc.assert(
      fc.property(
        level,
        fc.dictionary(fc.stringMatching(/^[a-k]{1,5}$/), fc.integer()),
        fc.boolean(),
        (value, more, first) => {
          const fields = first ? { level: value, ...more } : { ...more, level: value };
          same(JSON.stringify(fields), {});
          same(JSON.stringify(fields), { "35": 50, "10": 30, notice: 20 });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("takes a line without a level for INFO, and looks into no more than its beginning", () => {
    const peek = levelPeek({});
    for (const line of ["", "plain text", "{}", '{"level":null}', `{"x":"${"y".repeat(5000)}","level":50}`]) {
      expect(peek(line, 0, line.length)).toBe(20);
    }
    expect(peek('{"a":1}\n{"level":50}', 0, 8)).toBe(20);
  });
});
