/** Applications of the built package, each a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What every application begins with; `DAY` is the report of a window with one workflow of Ada's. */
const BEGIN = `
import fastify from "fastify";
import { EventStore } from "madsci-events";
import { eventRoutes } from "madsci-events/fastify";
const WORKFLOW = {
  event_type: "workflow_complete",
  event_timestamp: "2025-06-10T10:00:00Z",
  event_data: { workflow_id: "w", name: "assay", status: "completed", author: "Ada", duration_seconds: 60 },
};
const DAY = "/utilization/users?start_time=2025-06-10&end_time=2025-06-11";
let threads = 0;
process.on("worker", () => threads++);
const appWith = async (options) => {
  const app = fastify();
  await app.register(eventRoutes, options);
  return app;
};
const usersOf = async (app, path = DAY) => {
  const answer = await app.inject(path);
  return answer.statusCode === 200 ? Object.keys(answer.json().user_utilization) : answer.statusCode;
};
const tell = (told) => console.log(JSON.stringify(told));
`;

/** Goes on from there: a new store (`given.url`) whose reports take a while, with two under way. */
export const BUSY = `
const store = await EventStore.open(given.url);
const events = Array.from({ length: 20_000 }, (_, n) => ({
  ...WORKFLOW,
  event_timestamp: new Date(Date.UTC(2025, 0, 1) + n * 600_000),
  event_data: { ...WORKFLOW.event_data, workflow_id: "w" + n },
}));
while (events.length > 0) await store.append(events.splice(0, 5000));
const app = await appWith({ store });
for (const _ of [1, 2])
  void app.inject("/utilization/periods?analysis_type=hourly&start_time=2025-01-01&end_time=2025-07-01").catch(() => {});
`;

export interface RunOptions {
  /** Flags of node itself. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What starts it. */
  readonly before?: readonly string[];
}

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it told last. */
  readonly told: unknown;
}

/** Runs an application to its end. `given` is what it finds as the variable of that name. */
export async function runApplication(code: string, given: unknown, options: RunOptions = {}): Promise<Ran> {
  const { flags = [], env = {}, before = [] } = options;
  const source = `${BEGIN}const given = JSON.parse(process.argv[1]);\n${code}`;
  const node = [process.execPath, ...flags, "--input-type=module", "-e", source, JSON.stringify(given)];
  const [command = "", ...args] = [...before, ...node];
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const printed: string[] = [];
  child.stdout.on("data", (data) => printed.push(String(data)));
  const [exit, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  const last = printed.join("").trim().split("\n").at(-1);
  return { code: exit, signal, told: last ? JSON.parse(last) : undefined };
}
