/** Processes in which the thread of reports is not at home: they get their reports all the same, and end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RunOptions, runApplication } from "../helpers/application.ts";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "madsci-odd-process-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Two reports, then the end. */
const TWICE = `
const warnings = [];
process.on("warning", ({ name, message }) => name === "MadsciEvents" && warnings.push(message));
const store = await EventStore.open("sqlite:" + given);
await store.append(WORKFLOW);
const app = await appWith({ store });
const users = [await usersOf(app), await usersOf(app)];
await app.close();
await store.close();
tell({ threads, users, warnings });`;

const twice = (folder: string, options: RunOptions) => runApplication(TWICE, join(folder, "lab.db"), options);
const answered = (threads: number, ...warnings: unknown[]) => ({
  code: 0,
  signal: null,
  told: { threads, users: [["Ada"], ["Ada"]], warnings },
});

function preload(folder: string, code: string): RunOptions {
  const file = join(folder, "preload.cjs");
  writeFileSync(file, code);
  return { env: { NODE_OPTIONS: `-r ${JSON.stringify(file)}` } };
}

describe("reports in a process", () => {
  it("that preloads what never ends", async () => {
    const folder = newFolder();
    // It keeps every thread but the process's own.
    const code = `const timer = setInterval(() => {}, 1000);
if (require("node:worker_threads").isMainThread) timer.unref();`;
    expect(await twice(folder, preload(folder, code))).toEqual(answered(1));
  });

  it("that preloads what no thread survives: they are made without one", async () => {
    const folder = newFolder();
    const code = `if (!require("node:worker_threads").isMainThread) throw new Error("once per process");`;
    const told = expect.stringContaining("cannot start: once per process");
    expect(await twice(folder, preload(folder, code))).toEqual(answered(1, told));
  });

  it("that may start no threads", async () => {
    const flag = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
    const flags = [flag, "--allow-addons", "--allow-fs-read=*", "--allow-fs-write=*"];
    expect(await twice(newFolder(), { flags })).toEqual(answered(0, expect.stringMatching(/cannot start: Access/)));
  });

  it("whose file was renamed under it", async () => {
    const code = TWICE.replace("const app", `(await import("node:fs")).renameSync(given, given + ".old");\nconst app`);
    expect(await runApplication(code, join(newFolder(), "lab.db"))).toEqual(answered(1));
  });

  it.skipIf(process.platform !== "linux")("that was started to be nice: the thread is nicer", async () => {
    const code = `
const { readdirSync, readFileSync } = await import("node:fs");
const nice = () => readdirSync("/proc/self/task").map((id) => readFileSync("/proc/self/task/" + id + "/stat", "utf8"));
const told = () => Math.max(...nice().map((stat) => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16])));
const store = await EventStore.open("sqlite:" + given);
await store.append(WORKFLOW);
const app = await appWith({ store });
const before = told();
const users = await usersOf(app);
tell({ before, users, during: told() });
await app.close();
await store.close();`;
    // Not very: on a busy machine a process that is gets nowhere.
    const options = { before: ["nice", "-n", "2"] };
    const { told } = await runApplication(code, join(newFolder(), "lab.db"), options);
    expect(told).toEqual({ before: 2, users: ["Ada"], during: 6 });
  });

  it("that was bundled as CommonJS: they are made without a thread", async () => {
    const folder = newFolder();
    mkdirSync(CACHE, { recursive: true });
    const program = join(CACHE, `bundle.${process.pid}.cjs`);
    onTestFinished(() => rmSync(program, { force: true }));
    const contents = `
import fastify from "fastify";
import { EventStore } from "./dist/index.js";
import { eventRoutes } from "./dist/fastify.js";
export async function run(url: string) {
  const store = await EventStore.open(url, { writerThread: true });
  await store.append({ event_type: "log_info" });
  const app = fastify();
  await app.register(eventRoutes, { store });
  const { statusCode } = await app.inject("/utilization/sessions");
  await app.close();
  await store.close();
  return statusCode;
}`;
    const resolveDir = fileURLToPath(new URL("../../", import.meta.url));
    await build({
      ...{ stdin: { contents, resolveDir, loader: "ts" }, outfile: program, bundle: true, logLevel: "error" },
      ...{ platform: "node", format: "cjs", external: ["@photostructure/sqlite", "mongodb"] },
      logOverride: { "empty-import-meta": "silent" },
    });
    const code = `
const { createRequire } = await import("node:module");
tell([await createRequire(given.program)(given.program).run("sqlite:" + given.file), threads]);`;
    expect(await runApplication(code, { program, file: join(folder, "lab.db") })).toMatchObject({ told: [200, 0] });
  });
});
