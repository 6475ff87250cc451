/** A clock that is wrong, or jumps: ids ascend, the order can be told, and nothing is thrown away for its age. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { App } from "./ship/app.ts";
import { storedIn } from "./ship/oracle.ts";
import { scene } from "./ship/scene.ts";

const CLOCK = pathToFileURL(fileURLToPath(new URL("ship/programs/workers-clock.mjs", import.meta.url))).href;
const HOUR_MS = 3_600_000;
const TEN_YEARS_MS = 10 * 365 * 24 * HOUR_MS;
const LINES = 300;
const DOWN = { mode: "status", status: 503 } as const;

interface Wrong {
  readonly offMs?: number;
  readonly jumpMs?: number;
}

/** Logs with a clock of its own, the server away, and is killed. */
async function logs(options: object, run: string, { offMs = 0, jumpMs = 0 }: Wrong): Promise<void> {
  const env = { CLOCK_MS: String(offMs), CLOCK_JUMP_MS: String(jumpMs), CLOCK_JUMP_AFTER_MS: "1500" };
  const before = { ...process.env };
  Object.assign(process.env, env, { NODE_OPTIONS: `--import=${CLOCK}` });
  try {
    const steps = [["ready"], ["pace", LINES, jumpMs === 0 ? 1 : 80], ["flush"], ["tell", "logged"], ["idle"]] as const;
    const app = new App({ options, run, steps });
    process.env = before;
    await app.says("logged");
    await app.kill("SIGKILL");
  } finally {
    process.env = before;
  }
}

it.each<[string, readonly Wrong[]]>([
  ["an hour back while it runs", [{ jumpMs: -HOUR_MS }]],
  ["ten years ahead while it runs", [{ jumpMs: TEN_YEARS_MS }]],
  [
    "an hour back, ten years ahead and right again across restarts",
    [{}, { offMs: -HOUR_MS }, { offMs: TEN_YEARS_MS }, {}],
  ],
])("%s", async (_what, lives) => {
  const at = await scene();
  await at.fault.be(DOWN);
  const emitted: Record<string, number> = {};
  for (const [life, wrong] of lives.entries()) {
    await logs(at.options, `life${life}`, wrong);
    emitted[`life${life}`] = LINES;
  }
  await at.expectAll(emitted);
  const lines = (await storedIn(at.database)).map(({ _id, event_timestamp, event_data }) => {
    const { sender, seq } = event_data as { sender: string; seq: number };
    return { _id, event_timestamp, sender, seq };
  });
  for (const sender of new Set(lines.map((line) => line.sender))) {
    const own = lines.filter((line) => line.sender === sender).sort((a, b) => a.seq - b.seq);
    expect(own.map(({ _id }) => _id)).toEqual(own.map(({ _id }) => _id).sort());
  }
  const times = lines.map(({ event_timestamp }) => Date.parse(event_timestamp));
  const [spread] = lives.map(({ offMs = 0, jumpMs = 0 }) => Math.abs(offMs + jumpMs)).sort((a, b) => b - a);
  // The clock was really wrong.
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan((spread ?? 0) * 0.9);
});
