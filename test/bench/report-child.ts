/**
 * One report over a database in a process of its own. Prints how long it took and how much memory it needed; with `kept`, what it
 * holds on to when it has read all.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { EventStore } from "../../src/index.ts";
import { type ActivityStore, periods, sessions, users } from "../../src/report/index.ts";
import { LAB_START_MS } from "./report-lab.ts";

const WEEK = { from: new Date(LAB_START_MS), to: new Date(LAB_START_MS + 7 * 86_400_000) };
const WHOLE = { timezone: "America/Chicago", includeUsers: false } as const;

const REPORTS: Readonly<Record<string, (store: ActivityStore) => Promise<unknown>>> = {
  sessions: (store) => sessions(store),
  users: (store) => users(store),
  daily: (store) => periods(store, { ...WHOLE, analysisType: "daily" }),
  weekly: (store) => periods(store, { ...WHOLE, analysisType: "weekly" }),
  monthly: (store) => periods(store, { ...WHOLE, analysisType: "monthly" }),
  "hourly, 7 days": (store) => periods(store, { ...WHOLE, ...WEEK, analysisType: "hourly" }),
  "only reading": onlyReading,
};

async function onlyReading(store: ActivityStore): Promise<void> {
  for await (const _page of store.activities({})) {
    // What the others do with it is not measured.
  }
}

const [path = "", name = "", what] = process.argv.slice(2);
const report = REPORTS[name];
if (!report) throw new RangeError(`no report ${name}`);
await using store = await EventStore.open(`sqlite:${path}`, { naiveTimezone: "UTC", readOnly: true });
await store.span();
console.log(JSON.stringify(what === "kept" ? await kept(report) : await measured(report)));

type Report = (store: ActivityStore) => Promise<unknown>;

async function measured(report: Report) {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 25);
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  await report(store);
  const [ms, cpuMs] = [performance.now() - startMs, process.cpuUsage(cpu).user / 1000];
  clearInterval(watch);
  return { ms, cpuMs, growthMb: (Math.max(most, process.memoryUsage.rss()) - before) / 1e6 };
}

/** After a first reading, for which programs are compiled. */
async function kept(report: Report) {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const held = () => {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  await onlyReading(store);
  const before = held();
  let keptMb = 0;
  await report({
    span: () => store.span(),
    async *activities(options) {
      yield* store.activities(options);
      keptMb = (held() - before) / 1e6;
    },
  });
  return { keptMb };
}
