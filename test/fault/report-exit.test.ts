/** A process that exits while its thread reads for a report: a driver stopped within a statement would abort it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { BUSY, runApplication } from "../helpers/application.ts";

const RUNS = Number(process.env.FAULT_ROUNDS ?? 50) < 20 ? 20 : 60;

it(`exits with its own code, whatever the thread does just then (${RUNS} times)`, {
  timeout: RUNS * 10_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-report-exit-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const code = `${BUSY}
const end = given.run % 2 === 0 ? () => process.exit(7) : () => { throw new Error("boom"); };
setTimeout(end, 250 + Math.random() * 500);`;
  const codes: (number | null)[] = [];
  for (let run = 0; run < RUNS; run++)
    codes.push((await runApplication(code, { run, url: `sqlite:${join(folder, `${run}.db`)}` })).code);
  expect(codes).toEqual(codes.map((_, run) => (run % 2 === 0 ? 7 : 1)));
});
