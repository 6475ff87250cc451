// One instrument of the simulated lab: a process of its own that logs with pino and knows nothing of the server's API.
import { setTimeout as sleep } from "node:timers/promises";
import { createTransport } from "madsci-events/pino";
import pino from "pino";

const { url, name, nodeId, workflows, clockAheadMs = 0, failing = false } = JSON.parse(process.env.LAB_NODE ?? "{}");
const ACTIONS = {
  "liquid handler": ["aspirate", "dispense", "mix"],
  "plate reader": ["read absorbance", "read fluorescence"],
  "robot arm": ["pick plate", "place plate", "home"],
}[name];

// A clock that is ahead of everybody else's, as instruments' clocks sometimes are.
const clock = () => `,"time":${Date.now() + clockAheadMs}`;
const log = pino({ name, level: "debug", timestamp: clock }, createTransport({ url })).child({ node_id: nodeId });

let sent = 0;
const say = (level, fields, message) => {
  sent++;
  log[level](fields, message);
};

say("info", { event_type: "node_start" }, `${name} is up`);
for (const [round, workflow_id] of workflows.entries()) {
  for (const action of ACTIONS) {
    const run = { workflow_id, action };
    say("info", { ...run, event_type: "action_start" }, `${action} started`);
    const durationMs = 60 + Math.round(Math.random() * 200);
    await sleep(durationMs);
    if (failing && round === 1 && action === ACTIONS[0]) {
      const err = new Error("clot detected in tip 3");
      say("error", { ...run, event_type: "action_failed", alert: true, err }, `${action} failed`);
    } else say("info", { ...run, event_type: "action_complete", duration_ms: durationMs }, `${action} done`);
    say("debug", { temperature_c: 36 + Math.random() * 2 }, "temperature");
  }
}
say("info", { event_type: "node_stop" }, `${name} is down`);
process.send?.({ sent });
process.disconnect?.();
