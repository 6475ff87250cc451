// How much is the lab used? Two lab days as MADSci's programs tell them, then who, what and when, as numbers that add up.
import { EventStore, newId } from "madsci-events";
import { periods, sessions, users, usersCsv } from "madsci-events/report";

const store = await EventStore.open("memory:", { naiveTimezone: "UTC" });
const [workcell, arm, reader] = [newId(), newId(), newId()];

/** One day: the workcell from 8 to 18 h, experiments of two people, an arm that is busy during each. */
function day(date, runs) {
  const at = (hour) => new Date(Date.parse(`${date}T00:00:00Z`) + hour * 3_600_000);
  const say = (hour, event_type, source, event_data = {}) => ({
    event_type,
    event_timestamp: at(hour),
    source,
    event_data,
  });
  const start = { name: "bio workcell", nodes: { arm: "http://arm:2000", reader: "http://reader:2000" } };
  const lab = [
    say(8, "workcell_start", { workcell_id: workcell }, start),
    say(8.1, "node_start", { node_id: arm }, { node_name: "arm" }),
    say(8.1, "node_start", { node_id: reader }, { node_name: "reader" }),
    say(18, "workcell_stop", { workcell_id: workcell }),
  ];
  return lab.concat(runs.flatMap((run) => work(run, say)));
}

function work({ author, name, from, to }, say) {
  const [experiment_id, workflow_id, action_id] = [newId(), newId(), newId()];
  const source = { workcell_id: workcell, experiment_id };
  const seconds = (to - from) * 3600;
  return [
    say(from, "experiment_start", source, { experiment_name: name }),
    say(from, "workflow_start", source, { workflow_id, name, author }),
    say(from, "action_status_change", { node_id: arm }, { action_id, status: "running" }),
    say((from + to) / 2, "action_status_change", { node_id: arm }, { action_id, status: "succeeded" }),
    say(to, "workflow_complete", source, { workflow_id, name, author, status: "completed", duration_seconds: seconds }),
    say(to, "experiment_complete", source),
  ];
}

await store.append([
  ...day("2025-06-10", [
    { author: "Ada", name: "growth assay", from: 9, to: 12 },
    { author: "Grace", name: "dye mixing", from: 11, to: 14 },
  ]),
  ...day("2025-06-11", [{ author: "Ada", name: "growth assay", from: 9, to: 11.5 }]),
]);

// Two days in Berlin.
const window = { from: "2025-06-10T00:00:00+02:00", to: "2025-06-12T00:00:00+02:00" };

// 1. Each session, and the nodes in it.
for (const session of (await sessions(store, window)).session_details) {
  const { session_name, start_time, timing, system_utilization_percent, node_utilizations } = session;
  console.log(
    `${start_time} ${session_name}: ${timing.active_time.display} of ${timing.duration.display}, ${system_utilization_percent} %`,
  );
  const { node_name, busy_time_hours, up_time_hours } = node_utilizations[arm];
  console.log(`  ${node_name}: busy ${busy_time_hours} h of ${up_time_hours} h`);
}

// 2. Day by day, on the clock of the lab.
const daily = await periods(store, { ...window, analysisType: "daily", timezone: "Europe/Berlin" });
for (const { period_display, utilization, active_time_hours } of daily.time_series.system)
  console.log(`${period_display} ${"#".repeat(utilization / 5).padEnd(20, ".")} ${active_time_hours} h`);
console.log(`${daily.key_metrics.peak_context}: ${daily.key_metrics.peak_utilization} %`);

// 3. Who, as a spreadsheet takes it.
const report = await users(store, window);
console.log([...usersCsv(report)].join("").split("=== USER DETAILS ===")[1].trim());

await store.close();
