// A lab at work for some seconds: three instruments as processes of their own that log through pino, and workflows,
// an alarm and a late event posted over HTTP. demo.mjs does it once, shifts.mjs again and again.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { newId } from "madsci-events";

/** Names of the instruments by node id. */
export const NODES = { [newId()]: "liquid handler", [newId()]: "plate reader", [newId()]: "robot arm" };

/**
 * One shift; resolves with the number of events that were delivered.
 * @param {{ url: string, onChild?: (child: import("node:child_process").ChildProcess) => void }} lab `onChild` is told of
 *   every process, so that whoever ends early can end them
 */
export async function work({ url, onChild = () => {} }) {
  const workflows = [newId(), newId(), newId()];
  const nodes = Object.keys(NODES).map((nodeId, index) => runNode({ url, nodeId, index, workflows, onChild }));
  const posted = [...workflows.map((id, index) => runWorkflow(url, id, index)), runOddities(url)];
  const counts = await Promise.all([...nodes, ...posted]);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** An instrument in its own process; resolves with the number of lines it logged, when they are delivered. */
async function runNode({ url, nodeId, index, workflows, onChild }) {
  const name = NODES[nodeId];
  const setup = { url, name, nodeId, workflows, failing: index === 0, clockAheadMs: index === 1 ? 90_000 : 0 };
  const file = fileURLToPath(new URL("node.mjs", import.meta.url));
  const child = fork(file, { env: { ...process.env, LAB_NODE: JSON.stringify(setup) } });
  onChild(child);
  let sent = 0;
  child.on("message", (message) => {
    sent = message.sent;
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the ${name} ended with ${code}`);
  return sent;
}

async function post(url, event) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/event`, { method: "POST", headers, body: JSON.stringify(event) });
  if (!answer.ok) throw new Error(`POST /event answered ${answer.status}: ${await answer.text()}`);
}

async function runWorkflow(url, workflow_id, index) {
  const name = ["ELISA plate 1", "PCR clean-up", "growth curve"][index];
  const about = { source: { workflow_id }, event_data: { name, message: name } };
  await sleep(300 * index);
  await post(url, { ...about, event_type: "WORKFLOW_START", event_timestamp: new Date().toISOString() });
  await sleep(2500 + 600 * index);
  const event_type = index === 1 ? "WORKFLOW_ABORT" : "WORKFLOW_COMPLETE";
  const log_level = index === 1 ? "WARNING" : "INFO";
  await post(url, { ...about, event_type, log_level, event_timestamp: new Date().toISOString() });
  return 2;
}

/** What a lab sends besides: an alarm, and an event a sensor kept for ten minutes while the network was away. */
async function runOddities(url) {
  await sleep(800);
  const message = "door of hood 2 is open";
  await post(url, { event_type: "log_warning", log_level: 30, alert: true, event_data: { message } });
  const event_timestamp = new Date(Date.now() - 600_000).toISOString();
  const event_data = { message: "freezer sensor (sent late)", celsius: -79.5 };
  await post(url, { event_type: "log", event_timestamp, event_data });
  return 2;
}
