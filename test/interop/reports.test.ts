/** MADSci's own Python client asks our server for reports, and gets them by each of its methods. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EventStore } from "../../src/index.ts";
import { periods, periodsCsv, sessions, sessionsCsv, users, usersCsv } from "../../src/report/index.ts";
import { serve } from "../fault/server.ts";
import { eventsOf, windowOf } from "../report/golden.ts";
import { runPython } from "./run-python.ts";
import { pythonWith } from "./venv.ts";

const SCENARIO = "i-legacy-v06";
const window = windowOf(SCENARIO);
const python = await pythonWith("0.7.1");
const skip = "missing" in python ? python.missing : undefined;

/** What differs from one time to the next. */
function lasting(value: unknown): unknown {
  const text = JSON.stringify(value).replace(/(generated_at":"|Generated At,)[^"\\]*/g, "$1");
  return JSON.parse(text);
}

async function expected(store: EventStore) {
  const hourly = { analysisType: "hourly", timezone: "Europe/Berlin", includeUsers: false } as const;
  const text = (lines: Iterable<string>) => [...lines].join("");
  const within = {
    sessions: await sessions(store, window),
    periods: await periods(store, window),
    users: await users(store, window),
  };
  return {
    sessions: await sessions(store),
    periods: await periods(store),
    users: await users(store),
    window: within,
    hourly: await periods(store, { ...window, ...hourly }),
    csv: {
      sessions: text(sessionsCsv(within.sessions)),
      periods: text(periodsCsv(within.periods)),
      users: text(usersCsv(within.users)),
    },
  };
}

const NOTHING = { sessions: null, periods: null, users: null };

it.skipIf(skip)(`by session, period and user${skip ? ` (skipped: ${skip})` : ""}`, { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-interop-"));
  const [url, exports] = [`sqlite:${join(folder, "events.db")}`, join(folder, "exports")];
  const store = await EventStore.open(url, { naiveTimezone: "UTC" });
  await store.append(eventsOf(SCENARIO));
  const ours = await expected(store);
  await store.close();
  const served = await serve(url, { env: { EVENT_UTILIZATION_EXPORT_DIR: exports } });
  try {
    const { path } = python as { path: string };
    const args = [`${served.url}/`, window.from, window.to];
    const told = (await runPython(path, "reports.py", args)) as Record<string, never> & { saved: object };
    const { saved, elsewhere, refused, lenient, ...answers } = told;
    expect(lasting(answers)).toEqual(lasting(ours));
    expect(ours.sessions.session_details[0]?.total_experiments).toBeGreaterThan(0);
    // Its own words for a status of 400 and more.
    expect([elsewhere, refused]).toEqual([NOTHING, NOTHING]);
    expect(lenient).toEqual({ error: expect.stringContaining("start of the window must be before its end") });
    const names = readdirSync(join(exports, "from python")).sort();
    const paths = Object.values(saved).map(({ file_path }) => file_path.slice("from python/".length));
    expect(names).toEqual(paths.sort());
    const texts = names.map((name) => readFileSync(join(exports, "from python", name), "utf8"));
    expect(new Set(texts.map(lasting))).toEqual(new Set(Object.values(ours.csv).map(lasting)));
    expect(readdirSync(folder)).not.toContain("up");
  } finally {
    await served.end("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});
