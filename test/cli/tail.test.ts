import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openServer } from "../rest/server.ts";
import { ensureBuilt, project, RunningServer, serve, start } from "./run.ts";
import { runHere } from "./run-here.ts";

beforeAll(ensureBuilt);

const running: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop("SIGKILL")));
});

async function serving(cwd: string): Promise<RunningServer> {
  const server = await serve([], { cwd });
  running.push(server);
  return server;
}

/** A tail in a process of its own. */
class TailProcess {
  readonly process: RunningServer;
  text = "";

  constructor(args: readonly string[], cwd: string) {
    this.process = new RunningServer(start(["tail", ...args], { cwd }));
    this.process.child.stdout?.on("data", (chunk) => (this.text += chunk));
    running.push(this.process);
  }

  async shows(...ids: string[]): Promise<void> {
    const shown = () => this.text.split("\n").filter((line) => line !== "");
    const read = () => shown().map((line) => JSON.parse(line)._id);
    await expect.poll(read, { timeout: 20_000 }).toEqual(ids);
  }
}

/** A server of this process over the folder's file: its clients cannot tell. */
async function servingHere(cwd: string, port = 0): Promise<{ readonly url: string }> {
  const server = await openServer({ url: `sqlite:${join(cwd, ".madsci/events/events.db")}` });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { url: await server.app.listen({ port, host: "localhost" }) };
}

async function post(server: { readonly url: string }, event: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${server.url}/event`, { method: "POST", headers, body: JSON.stringify(event) });
  expect(answer.status).toBe(200);
}

describe("tail", () => {
  test("follows a file that a server writes, and Ctrl-C ends it with 0 and a cursor to go on from", async () => {
    const cwd = project();
    const server = await serving(cwd);
    await post(server, { _id: "a", event_type: "test", log_level: 40 });
    const tail = new TailProcess(["--level", "error"], cwd);
    await tail.shows("a");
    await post(server, { _id: "b", event_type: "test" });
    await post(server, { _id: "c", event_type: "test", log_level: 50 });
    await tail.shows("a", "c");
    expect(await tail.process.stop("SIGINT")).toBe(0);
    const cursor = /--cursor (\S+)\n$/.exec(tail.process.stderr)?.[1] ?? "";
    await post(server, { _id: "d", event_type: "test", log_level: 50 });
    const later = new TailProcess(["--level", "error", "--cursor", cursor], cwd);
    await later.shows("d");
    expect(await later.process.stop("SIGTERM")).toBe(0);
  });

  test("follows a server over its restart, tells of it, and misses and repeats nothing", async () => {
    const cwd = project();
    const first = await serving(cwd);
    const { url } = first;
    await post(first, { _id: "a", event_type: "test" });
    const tail = new TailProcess(["--server", url], project());
    await tail.shows("a");
    await post(first, { _id: "b", event_type: "test" });
    await tail.shows("a", "b");
    await first.stop("SIGKILL");
    await tail.process.says("trying again");
    const line = '{"_id":"c","event_type":"test"}\n';
    expect(await runHere(["append"], { cwd, input: line })).toMatchObject({ code: 0 });
    const second = await servingHere(cwd, Number(new URL(url).port));
    await tail.process.says("answers again");
    await post(second, { _id: "d", event_type: "test" });
    await tail.shows("a", "b", "c", "d");
    expect(await tail.process.stop("SIGINT")).toBe(0);
  });

  test("query --follow goes on with what arrives", async () => {
    const cwd = project();
    const server = await servingHere(cwd);
    await post(server, { _id: "a", event_type: "test" });
    const query = new RunningServer(start(["query", "--json", "-f", "--since", "1h"], { cwd }));
    running.push(query);
    let text = "";
    query.child.stdout?.on("data", (chunk) => (text += chunk));
    await expect.poll(() => text, { timeout: 20_000 }).toContain('"_id":"a"');
    await post(server, { _id: "b", event_type: "test" });
    await expect.poll(() => text, { timeout: 20_000 }).toContain('"_id":"b"');
    expect(await query.stop("SIGINT")).toBe(0);
  });

  test("ends quietly when its reader goes away", async () => {
    const cwd = project();
    const server = await servingHere(cwd);
    const tail = new TailProcess([], cwd);
    await post(server, { _id: "a", event_type: "test" });
    await tail.shows("a");
    tail.process.child.stdout?.destroy();
    const ended = once(tail.process.child, "close");
    // The write after the one that finds nobody is the first to be told.
    while (tail.process.child.exitCode === null) {
      await post(server, { event_type: "test" });
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 200))]);
    }
    const [code] = await ended;
    expect({ code, stderr: tail.process.stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("a database that is not there is named, with exit code 1", async () => {
    const { code, stderr } = await runHere(["tail"], { cwd: project() });
    expect(code).toBe(1);
    expect(stderr).toContain("there is no database at");
  });
});
