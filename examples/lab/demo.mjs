// npm run demo: a simulated lab for a few seconds of real time, then five questions answered with selectors.
//
// A real server (embedded file, free port) and the lab of work.mjs. At the end everything that was sent must be stored,
// or the demo fails.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { questions } from "./questions.mjs";
import { table } from "./table.mjs";
import { NODES, work } from "./work.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
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
  sent = await work({ url, onChild });
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

function onChild(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
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
