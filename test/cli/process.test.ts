import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type ClientRequest, request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { ensureBuilt, project, type RunningServer, type RunOptions, run, serve, start } from "./run.ts";
import { runHere } from "./run-here.ts";

beforeAll(ensureBuilt);

const servers: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop("SIGKILL")));
});

async function serving(args: readonly string[] = [], options: RunOptions = {}): Promise<RunningServer> {
  const server = await serve(args, options);
  servers.push(server);
  return server;
}

async function post(server: RunningServer, event: object): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${server.url}/event`, { method: "POST", headers, body: JSON.stringify(event) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

/** A POST whose body is half sent: a request under way. */
async function halfSent(server: RunningServer): Promise<{ request: ClientRequest; rest: string }> {
  const body = JSON.stringify({ _id: "late", event_type: "test" });
  const headers = { "content-type": "application/json", "content-length": body.length };
  const half = request(`${server.url}/event`, { method: "POST", headers });
  half.on("error", () => {});
  half.write(body.slice(0, 10));
  await once(half, "socket");
  await expect.poll(() => half.socket?.connecting).toBe(false);
  await fetch(`${server.url}/health`);
  return { request: half, rest: body.slice(10) };
}

describe("serve", () => {
  test("stores what is posted; others read it beside the running server, and none writes; SIGTERM ends with 0", async () => {
    const cwd = project();
    const server = await serving([], { cwd });
    await post(server, { _id: "one", event_type: "test", log_level: 30, event_data: { message: "hello" } });
    await post(server, { _id: "two", event_type: "node_error", log_level: 40 });
    const found = await run(["query", "--order", "oldest"], { cwd });
    expect(
      found.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)._id),
    ).toEqual(["one", "two"]);
    expect(await runHere(["count", '{"log_level": {"$gte": 40}}'], { cwd })).toMatchObject({ code: 0, stdout: "1\n" });
    const got = await runHere(["get", "one", "--format", "json"], { cwd });
    expect(got).toMatchObject({ code: 0, stderr: "" });
    expect(got.stdout).toContain('\n  "_id": "one"');
    for (const args of [["serve", "--port", "0"], ["append"]]) {
      const { code, stderr } = await runHere(args, { cwd, input: "{}" });
      expect(code, args.join(" ")).toBe(4);
      expect(stderr).toMatch(/^error: .*events\.db is already open for writing by another process/);
    }
    expect(await server.stop("SIGTERM")).toBe(0);
  });

  test("keeps events and its manager id over a restart, and SIGINT ends with 0", async () => {
    const cwd = project();
    const first = await serving([], { cwd });
    const { source } = (await post(first, { _id: "kept" })) as { source: { manager_id: string } };
    expect(await first.stop("SIGINT")).toBe(0);
    expect(readFileSync(join(cwd, ".madsci/events/manager_id"), "utf8").trim()).toBe(source.manager_id);
    const second = await serving([], { cwd });
    expect(((await post(second, {})) as { source: unknown }).source).toEqual(source);
    expect((await runHere(["get", "kept"], { cwd })).code).toBe(0);
  });

  test("finishes a request under way before it ends", async () => {
    const server = await serving(["--url", "memory:"]);
    const { request: half, rest } = await halfSent(server);
    const ended = server.stop("SIGTERM");
    await server.says("stopping");
    const answered = once(half, "response");
    half.end(rest);
    const [answer] = await answered;
    expect(answer.statusCode).toBe(200);
    answer.resume();
    expect(await ended).toBe(0);
  });

  test("a second signal ends it at once", async () => {
    const server = await serving(["--url", "memory:"]);
    await halfSent(server);
    const ended = server.stop("SIGTERM");
    await server.says("stopping");
    server.child.kill("SIGTERM");
    expect(await ended).toBe(143);
  });

  test("reads settings files, environment and flags, warns of what may be a mistake, and never shows secrets", async () => {
    const cwd = project();
    writeFileSync(join(cwd, "event.settings.yaml"), "event_manager_name: Bench\nevent_alert_level: warning\n");
    const env = { EVENT_EMAIL_ALERTS__SMTP_PASSWORD: "hunter2", EVENT_MANAGER_DESCRIPTION: "of room 3" };
    const doubtful = ["--host", "0.0.0.0", "--uvicorn-workers", "4"];
    const server = await serving(["--rate_limit_requests", "77", "--url", "memory:", ...doubtful], { cwd, env });
    await server.says("madsci-events is listening on");
    expect(server.stderr).toMatch(/^warning: listening on 0\.0\.0\.0: anyone/);
    expect(server.stderr).toContain("uvicorn_workers");
    const text = await (await fetch(`${server.url}/settings`)).text();
    expect(JSON.parse(text).settings).toMatchObject({
      manager_name: "Bench",
      alert_level: 30,
      manager_description: "of room 3",
      rate_limit_requests: 77,
      server_url: `${server.url}/`,
      mongo_db_url: "***REDACTED***",
    });
    expect(text + server.stderr).not.toContain("hunter2");
  });

  test("says in one line that a port is taken and how to choose another", async () => {
    const other = createServer().listen(0, "localhost");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runHere(["serve", "--url", "memory:", "--port", String(port)]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error: port ${port} on localhost is taken .*--port`));
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("ends with 4 when MongoDB cannot be reached, and shows no password", async () => {
    const url = "mongodb://app:hunter2@127.0.0.1:9/?serverSelectionTimeoutMS=300";
    const { code, stderr } = await runHere(["serve", "--port", "0"], { env: { MONGO_DB_URL: url } });
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toContain("hunter2");
  });
});

describe("the command", () => {
  test("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test.each([
    [["serve", "--prot", "1"], "unknown flag --prot", run],
    [["serve", "--url", "postgres://h/db"], "sqlite:PATH, memory:, mongodb://… and mongodb+srv://…", runHere],
  ])("%j ends with exit code 2", async (args, words, runs) => {
    const { code, stdout, stderr } = await runs(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });
});

describe("append and query", () => {
  const line = (id: number) => JSON.stringify({ _id: `e${id}`, event_timestamp: id, event_data: { id } });

  test("what one prints the other stores", async () => {
    const cwd = project();
    const input = Array.from({ length: 2500 }, (_, i) => `${line(i)}\n`).join("");
    const first = await run(["append"], { cwd, input });
    expect(first).toEqual({ code: 0, stdout: "2500 acknowledged (2500 stored, 0 already there)\n", stderr: "" });
    const all = await run(["query", "--limit", "0"], { cwd });
    expect(all.stdout.trim().split("\n")).toHaveLength(2500);
    const url = `sqlite:${join(cwd, "copy.db")}`;
    const copy = await runHere(["append", "--url", url], { cwd, input: all.stdout });
    expect(copy).toMatchObject({ code: 0, stdout: "2500 acknowledged (2500 stored, 0 already there)\n" });
    expect((await runHere(["append"], { cwd, input: all.stdout })).stdout).toContain("0 stored, 2500 already there");
    const other = await runHere(["query", "--limit", "0", "--url", url, "--fields", "_id"], { cwd });
    expect(
      other.stdout
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text)._id),
    ).toEqual(
      all.stdout
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text)._id),
    );
  });

  test("append names each bad line, stores the others and ends with 2", async () => {
    const cwd = project();
    const input = `${line(1)}\n\n{nope\n${line(1).replace('"id":1', '"id":2')}\n{"log_level":99}\n${line(2)}`;
    const { code, stdout, stderr } = await runHere(["append"], { cwd, input });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "2 acknowledged (2 stored, 0 already there)\n" });
    expect(stderr).toMatch(/^line 3: not valid JSON\nline 4: .*\nline 5: .*log_level.*\nerror: 3 /);
  });

  test.each([
    ["an array", `[${line(1)},\n${line(2)}]`, 2],
    ["an object over several lines", JSON.stringify(JSON.parse(line(1)), null, 2), 1],
    ["one line without an end", line(1), 1],
    ["a byte order mark and empty lines", `\ufeff${line(1)}\n\n \n${line(2)}\n`, 2],
    ["nothing", "", 0],
  ])("append reads %s", async (_what, input, count) => {
    const { code, stdout } = await runHere(["append", "--url", "memory:"], { input });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${count} acknowledged (${count} stored, 0 already there)\n` });
  });

  test("append stores a line when it comes, not when stdin ends", async () => {
    const cwd = project();
    const child = start(["append"], { cwd });
    child.stdin?.write(`${line(1)}\n`);
    await expect.poll(async () => (await runHere(["count"], { cwd })).stdout, { timeout: 25_000 }).toBe("1\n");
    child.stdin?.end();
    await once(child, "close");
  });

  test("conditions combine: selector, level, type, node, times", async () => {
    const cwd = project();
    const node_id = "01JYKZDPANTNRYXF5TQKRJS0F2";
    const events = [
      { _id: "a", event_type: "node_error", log_level: 40, source: { node_id }, event_data: { n: 1 } },
      { _id: "b", event_type: "node_start", log_level: 20, source: { node_id }, event_data: { n: 1 } },
      { _id: "c", event_type: "node_error", log_level: 40, event_timestamp: "2020-01-01T00:00:00Z" },
    ];
    await runHere(["append"], { cwd, input: events.map((event) => JSON.stringify(event)).join("\n") });
    const ids = async (...args: string[]) =>
      (await runHere(["query", "--order", "oldest", ...args], { cwd })).stdout
        .split("\n")
        .filter(Boolean)
        .map((text) => JSON.parse(text)._id);
    expect(await ids("--level", "error")).toEqual(["c", "a"]);
    expect(await ids("--type", "NODE_ERROR,node_start", "--from", "1h")).toEqual(["a", "b"]);
    expect(await ids("--node", "rjs0f2", '{"event_data.n": 1}', "--level", "30")).toEqual(["a"]);
    expect(await ids("--to", "2021-01-01")).toEqual(["c"]);
  });

  test("query reads a selector from stdin and pages with --cursor", async () => {
    const cwd = project();
    await runHere(["append"], { cwd, input: [1, 2, 3].map((id) => `${line(id)}\n`).join("") });
    const first = await runHere(["query", "-", "--limit", "2"], { cwd, input: '{"event_data.id": {"$gt": 0}}' });
    expect(first.stdout.trim().split("\n")).toHaveLength(2);
    const cursor = /--cursor (\S+)/.exec(first.stderr)?.[1] as string;
    const second = await runHere(["query", '{"event_data.id": {"$gt": 0}}', "--cursor", cursor], { cwd });
    expect(JSON.parse(second.stdout)._id).toBe("e1");
  });

  test("a reader that goes away ends query quietly", async () => {
    const cwd = project();
    const text = "x".repeat(2000);
    const input = Array.from({ length: 2000 }, () => JSON.stringify({ event_data: text })).join("\n");
    await runHere(["append"], { cwd, input });
    const child = start(["query", "--limit", "0"], { cwd });
    let stderr = "";
    child.stderr?.on("data", (chunk) => (stderr += chunk));
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.stdout?.destroy();
    const [code] = await once(child, "close");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("get ends with 1 when there is no such event, and when there is no database", async () => {
    const cwd = project();
    expect(await runHere(["get", "x"], { cwd })).toMatchObject({ code: 1, stdout: "" });
    await runHere(["append"], { cwd, input: line(1) });
    const { code, stdout, stderr } = await run(["get", "x"], { cwd });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: 'error: there is no event with the id "x"\n',
    });
  });
});
