// npm run demo: a simulated lab for a few seconds of real time, then five questions answered with selectors.
//
// A real server (embedded file, free port), three instruments as processes of their own that log through pino, and
// workflows posted over HTTP. At the end everything that was sent must be stored, or the demo fails.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { newId } from "madsci-events";
import { questions } from "./questions.mjs";
import { table } from "./table.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const NODES = { [newId()]: "liquid handler", [newId()]: "plate reader", [newId()]: "robot arm" };
const WORKFLOWS = [newId(), newId(), newId()];
const since = new Date().toISOString();
let sent = 0;

const folder = await mkdtemp(join(tmpdir(), "madsci-events-demo-"));
const file = join(folder, "events.db");
const { server, url } = await startServer();
const children = new Set([server]);
const tooLong = setTimeout(() => fail("the demo takes too long"), 30_000);
// However the demo ends, nothing it started stays behind.
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
try {
  console.log(`A lab at work: 1 server (${url}), 3 instruments logging with pino, 3 workflows over HTTP …\n`);
  await Promise.all([...Object.keys(NODES).map(runNode), ...WORKFLOWS.map(runWorkflow), runOddities()]);
  await answer();
  process.exitCode = (await report()) ? 0 : 1;
} finally {
  clearTimeout(tooLong);
  if (server.exitCode === null && server.kill("SIGTERM")) await once(server, "exit");
}

function fail(reason) {
  console.error(reason);
  process.exit(1);
}

async function startServer() {
  const args = [here("../../dist/cli/main.js"), "serve", "--port", "0", "--url", `sqlite:${file}`];
  const server = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const url = await new Promise((resolve, reject) => {
    const said = [];
    createInterface({ input: server.stderr }).on("line", (line) => {
      said.push(line);
      const found = /listening on (https?:\/\/[\w.:[\]]+)/.exec(line);
      if (found) resolve(found[1]);
    });
    server.once("exit", () => reject(new Error(`the server did not start:\n${said.join("\n")}`)));
  });
  return { server, url };
}

/** An instrument in its own process; resolves with the number of lines it logged, when they are delivered. */
async function runNode(nodeId, index) {
  const name = NODES[nodeId];
  const setup = {
    url,
    name,
    nodeId,
    workflows: WORKFLOWS,
    failing: index === 0,
    clockAheadMs: index === 1 ? 90_000 : 0,
  };
  const child = fork(here("node.mjs"), { env: { ...process.env, LAB_NODE: JSON.stringify(setup) } });
  children.add(child);
  child.on("message", (message) => {
    sent += message.sent;
  });
  const [code] = await once(child, "exit");
  children.delete(child);
  if (code !== 0) fail(`the ${name} ended with ${code}`);
}

async function post(event) {
  sent++;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/event`, { method: "POST", headers, body: JSON.stringify(event) });
  if (!answer.ok) throw new Error(`POST /event answered ${answer.status}: ${await answer.text()}`);
}

async function runWorkflow(workflow_id, index) {
  const name = ["ELISA plate 1", "PCR clean-up", "growth curve"][index];
  const about = { source: { workflow_id }, event_data: { name, message: name } };
  await sleep(300 * index);
  await post({ ...about, event_type: "WORKFLOW_START", event_timestamp: new Date().toISOString() });
  await sleep(2500 + 600 * index);
  const event_type = index === 1 ? "WORKFLOW_ABORT" : "WORKFLOW_COMPLETE";
  await post({
    ...about,
    event_type,
    log_level: index === 1 ? "WARNING" : "INFO",
    event_timestamp: new Date().toISOString(),
  });
}

/** What a lab sends besides: an alarm, and an event a sensor kept for ten minutes while the network was away. */
async function runOddities() {
  await sleep(800);
  await post({
    event_type: "log_warning",
    log_level: 30,
    alert: true,
    event_data: { message: "door of hood 2 is open" },
  });
  const event_timestamp = new Date(Date.now() - 600_000).toISOString();
  await post({
    event_type: "log",
    event_timestamp,
    event_data: { message: "freezer sensor (sent late)", celsius: -79.5 },
  });
}

/** MADSci's route takes the selector itself and answers events by id; `/v1` takes order and limit beside it. */
async function search(route, selector) {
  const headers = { "content-type": "application/json" };
  const body = route === "/events/query" ? selector : { selector, order: "oldest", limit: 1000 };
  const answer = await fetch(url + route, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`the search answered ${answer.status}: ${await answer.text()}`);
  const found = await answer.json();
  return route === "/events/query" ? Object.values(found) : found.events;
}

async function answer() {
  for (const [i, { title, selector, rows, route = "/v1/events/search" }] of questions(NODES, since).entries()) {
    const found = await search(route, selector);
    console.log(`${i + 1}. ${title}\n   POST ${route}  ${JSON.stringify(selector)}\n\n${table(rows(found))}\n`);
  }
}

async function report() {
  const { total_events } = await (await fetch(`${url}/health`)).json();
  const complete = total_events === sent;
  console.log(`${sent} events sent, ${total_events} stored${complete ? "" : "  ← these should be equal"}`);
  console.log(`The data is in ${file}; look around with:`);
  console.log(`  npx madsci-events query --url sqlite:${file} --level warning`);
  console.log(`  npx madsci-events serve --url sqlite:${file}`);
  return complete;
}
