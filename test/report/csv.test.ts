import { describe, expect, it } from "vitest";
import { BLANK, type Cell, csvLines, float, floatOrZero, type Row } from "../../src/report/csv.ts";

const written = (rows: readonly Row[], formulaGuard?: boolean) => [...csvLines(rows, { formulaGuard })].join("");
const cell = (value: Cell, formulaGuard?: boolean) => written([[value]], formulaGuard).slice(0, -2);

/** A reader of RFC 4180, to see that what is written means what was meant. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe("a cell", () => {
  it.each<[Cell, string]>([
    ["plain", "plain"],
    ["two words", "two words"],
    ["a,b", '"a,b"'],
    ['5" plate', '"5"" plate"'],
    ["two\nlines", '"two\nlines"'],
    ["two\r\nlines", '"two\r\nlines"'],
    ["Zoë 試料 🧪", "Zoë 試料 🧪"],
    ["", ""],
    [null, ""],
    [7, "7"],
    [float(7), "7.0"],
    [float(0), "0.0"],
    [float(0.00005), "5e-05"],
    [float(null), ""],
    [floatOrZero(0), "0"],
    [floatOrZero(29.8), "29.8"],
  ])("%j is written %j", (value, want) => {
    expect(cell(value)).toBe(want);
  });
});

describe("text that a spreadsheet would take for a formula", () => {
  const formulas: [string, string][] = [
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ["\r=1", '"\'\r=1"'],
    ["\n=1", '"\'\n=1"'],
    ["＝1+1", "'＝1+1"],
    ["＋1", "'＋1"],
    ["－1", "'－1"],
    ["＠SUM(A1)", "'＠SUM(A1)"],
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ];

  it.each(formulas)("%j is written %j", (text, want) => {
    expect(cell(text)).toBe(want);
  });

  it.each(formulas)("%j is written as it is where the guard is off", (text) => {
    expect(parse(written([[text]], false))).toEqual([[text]]);
  });

  it("is not text with such a sign further on, nor a number", () => {
    for (const text of ["a=1", "2025-06-10", "x@y", "'=1"]) expect(cell(text)).toBe(text);
    expect(cell(float(-1.5))).toBe("-1.5");
    expect(cell(-3)).toBe("-3");
  });
});

describe("lines", () => {
  it("end with CRLF, the last one too, and may be empty", () => {
    expect(written(["=== TITLE ===", BLANK, ["a", 1]])).toBe("=== TITLE ===\r\n\r\na,1\r\n");
  });

  it("are read back as they were meant", () => {
    const rows = [
      ["a,b", 'c"d', "e\r\nf", ""],
      ["", "", '"', '""'],
    ];
    expect(parse(written(rows))).toEqual(rows);
  });

  it("come one by one, as they are asked for", () => {
    const asked: number[] = [];
    function* rows(): Generator<Row> {
      for (let at = 0; ; at++) {
        asked.push(at);
        yield [at];
      }
    }
    const lines = csvLines(rows(), {})[Symbol.iterator]();
    expect([lines.next().value, lines.next().value]).toEqual(["0\r\n", "1\r\n"]);
    expect(asked).toEqual([0, 1]);
  });
});
