import { expect, it } from "vitest";
import { createReport } from "../../src/ship/report.ts";

it("says each kind of trouble once in ten seconds, and how often it kept quiet", () => {
  let nowMs = 0;
  const lines: string[] = [];
  const report = createReport({ now: () => nowMs, write: (line) => lines.push(line) });
  for (let i = 0; i < 3; i++) report("down", `cannot deliver ${i}`);
  report("full", "memory full");
  nowMs = 10_000;
  report("down", "cannot deliver 3");
  expect(lines).toEqual([
    "madsci-events: cannot deliver 0\n",
    "madsci-events: memory full\n",
    "madsci-events: cannot deliver 3 (and 2 more of this kind)\n",
  ]);
});
