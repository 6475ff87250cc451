/** The numbers of python-numbers.json are Python 3.11's: value, `repr(value)`, `round(value, 0)` to `round(value, 3)`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hours, percentage, pythonFloat, round } from "../../src/report/number.ts";

type Row = readonly [value: number, repr: string, ...rounded: number[]];
const rows: readonly Row[] = JSON.parse(readFileSync(join(import.meta.dirname, "python-numbers.json"), "utf8"));

it("rounds as Python does", () => {
  expect(rows.length).toBeGreaterThan(2000);
  const wrong = rows.filter(([value, , ...rounded]) => rounded.some((want, at) => !Object.is(round(value, at), want)));
  expect(wrong).toEqual([]);
});

it("has values on which the usual ways of rounding fail", () => {
  const naive = (value: number) => Math.round(value * 10) / 10;
  expect(rows.some(([value, , , tenths]) => Number(value.toFixed(1)) !== tenths)).toBe(true);
  expect(rows.some(([value, , , tenths]) => naive(value) !== tenths)).toBe(true);
});

it("tells floats as Python does", () => {
  expect(rows.filter(([value, repr]) => pythonFloat(value) !== repr)).toEqual([]);
  expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(pythonFloat)).toEqual([
    "nan",
    "inf",
    "-inf",
  ]);
});

it("has the digits of MADSci's own hours and percentages", () => {
  expect(hours(35_119_376_544)).toBe(9.755382373333333);
  expect(hours(10_458_548_635)).toBe(2.905152398611111);
  expect(percentage(10_458_548_635, 35_119_376_544)).toBe(29.779995159927747);
});

it("takes nothing of nothing for 0 percent", () => {
  expect(percentage(0, 0)).toBe(0);
  expect(percentage(5, 5)).toBe(100);
});
