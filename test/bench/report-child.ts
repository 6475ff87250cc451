/** One report over a database in a process of its own. Prints how long it took and how much memory it needed. */
import { EventStore } from "../../src/index.ts";
import { periods, sessions, users } from "../../src/report/index.ts";
import { LAB_START_MS } from "./report-lab.ts";

const WEEK = { from: new Date(LAB_START_MS), to: new Date(LAB_START_MS + 7 * 86_400_000) };
const WHOLE = { timezone: "America/Chicago", includeUsers: false } as const;

const REPORTS: Readonly<Record<string, (store: EventStore) => Promise<unknown>>> = {
  sessions: (store) => sessions(store),
  users: (store) => users(store),
  daily: (store) => periods(store, { ...WHOLE, analysisType: "daily" }),
  weekly: (store) => periods(store, { ...WHOLE, analysisType: "weekly" }),
  monthly: (store) => periods(store, { ...WHOLE, analysisType: "monthly" }),
  "hourly, 7 days": (store) => periods(store, { ...WHOLE, ...WEEK, analysisType: "hourly" }),
  "only reading": onlyReading,
};

async function onlyReading(store: EventStore): Promise<void> {
  for await (const _page of store.activities()) {
    // What the others do with it is not measured.
  }
}

const [path = "", name = ""] = process.argv.slice(2);
const report = REPORTS[name];
if (!report) throw new RangeError(`no report ${name}`);
await using store = await EventStore.open(`sqlite:${path}`, { naiveTimezone: "UTC", readOnly: true });
await store.span();
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
console.log(JSON.stringify({ ms, cpuMs, growthMb: (Math.max(most, process.memoryUsage.rss()) - before) / 1e6 }));
