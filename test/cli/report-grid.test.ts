import { describe, expect, test } from "vitest";
import { paintFor, UNPAINTED } from "../../src/cli/paint.ts";
import { type Cell, gridText } from "../../src/cli/report-grid.ts";
import { widthOf } from "../../src/cli/width.ts";

const COLUMNS = [
  { title: "NODE" },
  { title: "USE", kind: "right" },
  { title: "", kind: "bar" },
  { title: "NOTE" },
] as const;
const COLOURED = paintFor("true", true, { env: {} });

function shown(rows: readonly (readonly Cell[])[], columns?: number, paint = UNPAINTED): string[] {
  return gridText({ columns: COLUMNS, rows }, { paint, columns }).trimEnd().split("\n");
}

const barOf = (share: Cell) => shown([["arm", "x", share, "n"]])[1]!.replace(/[^█░]/g, "");

describe("a grid", () => {
  test("puts numbers to the right and a bar in each row, and leaves columns without text out", () => {
    expect(
      shown([
        ["arm", "5.0 %", 0.05, ""],
        ["reader", "100.0 %", 1, ""],
      ]),
    ).toEqual(["NODE        USE", `arm       5.0 %  █${"░".repeat(19)}`, `reader  100.0 %  ${"█".repeat(20)}`]);
  });

  test.each([
    [0, 0],
    [0.0001, 1],
    [0.5, 10],
    [0.9999, 19],
    [1, 20],
    [1.7, 20],
    [Number.NaN, 0],
    [-1, 0],
  ])("shows a share of %f as %i of 20: only nothing is empty, only all is full", (share, full) => {
    expect(barOf(share)).toBe("█".repeat(full) + "░".repeat(20 - full));
  });

  test("has no bar where there is no share", () => expect(barOf(null)).toBe(""));

  const ROWS = [
    ["liquid_handler_of_the_east_wing", "37.5 %", 0.375, "began before"],
    ["漢字の名前のとても長いロボット", "1.0 %", 0.01, ""],
  ] as const;

  test("gives up the bar's length, then the name's, then words at the end, then the bar, then columns from the right", () => {
    const look = (columns?: number) => {
      const line = shown(ROWS, columns)[1]!;
      return [
        line.replace(/[^█░]/g, "").length,
        line.slice(0, line.indexOf("  ")).length,
        line.slice(line.lastIndexOf("  ") + 2),
      ];
    };
    expect(look()).toEqual([20, 31, "began before"]);
    expect(look(70)).toEqual([15, 31, "began before"]);
    expect(look(50)).toEqual([4, 22, "began before"]);
    expect(look(40)).toEqual([4, 12, "began before"]);
    expect(look(38)).toEqual([4, 12, "began bef…"]);
    expect(look(35)).toEqual([0, 13, "began before"]);
    expect(look(31)).toEqual([0, 12, "began be…"]);
    expect(look(22)).toEqual([0, 14, "37.5 %"]);
  });

  const WIDE = {
    columns: [
      { title: "SESSION" },
      { title: "TO", spare: 2 },
      { title: "LENGTH", kind: "right" },
      { title: "ACTIVE", kind: "right", spare: 1 },
      { title: "USE", kind: "right" },
      { title: "EXP", kind: "right", spare: 3 },
    ],
    rows: [
      ["bio_workcell", "11-24 00:00", "10.7 h", "1234.5 h", "100.0 %", "4"],
      ["液体ワークセル", "18:00", "4.71 h", "0.01 h", "9.5 %", "12345"],
    ],
  } as const;
  const titles = (columns: number) => gridText(WIDE, { paint: UNPAINTED, columns }).split("\n")[0]!.trim().split(/ +/);

  test("gives up columns that can be spared before the others, and those from the right", () => {
    expect(titles(63)).toEqual(["SESSION", "TO", "LENGTH", "ACTIVE", "USE", "EXP"]);
    expect(titles(55)).toEqual(["SESSION", "TO", "LENGTH", "ACTIVE", "USE"]);
    expect(titles(43)).toEqual(["SESSION", "LENGTH", "ACTIVE", "USE"]);
    expect(titles(32)).toEqual(["SESSION", "LENGTH", "USE"]);
    expect(titles(25)).toEqual(["SESSION", "LENGTH", "USE"]);
    expect(titles(24)).toEqual(["SESSION", "LENGTH"]);
    expect(titles(15)).toEqual(["SESSION"]);
  });

  test("shows a number whole or not at all", () => {
    const numbers = new Set(WIDE.rows.flatMap((row) => row.slice(1).flatMap((cell) => cell.split(" "))));
    for (let columns = 8; columns <= 70; columns++) {
      const lines = gridText(WIDE, { paint: UNPAINTED, columns }).trimEnd().split("\n").slice(1);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
      for (const line of lines) {
        const shown = line.trim().split(/ +/).slice(1);
        expect(
          shown.filter((word) => !numbers.has(word)),
          `at ${columns}`,
        ).toEqual([]);
      }
    }
  });

  test.each([10, 20, 36, 40, 53, 70, 78, 200])("has no line longer than %i cells, painted or not", (columns) => {
    const plain = shown(ROWS, columns);
    expect(Math.max(...plain.map(widthOf))).toBeLessThanOrEqual(columns);
    const painted = shown(ROWS, columns, COLOURED).map((line) => line.replace(/\u001b\[[\d;]*m/g, "").trimEnd());
    expect(painted).toEqual(plain);
  });

  test("passes no control character on", () => {
    expect(shown([["a\u001b[31mb\nc", "\u009b", 0.5, "\u202e"]])[1]).toMatch(/^a·\[31mb c {2,}·/);
  });
});
