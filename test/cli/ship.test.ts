import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { serve } from "../fault/server.ts";
import { ensureBuilt, MAIN, start } from "./run.ts";
import { Bench, line, lines, NOWHERE } from "./ship-run.ts";

beforeAll(ensureBuilt);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.stop());

const numbers = (events: readonly { readonly event_data: Readonly<Record<string, unknown>> }[]) =>
  events.map(({ event_data }) => event_data.n);

describe("ship from a pipe", () => {
  test("delivers every line once and says so", async () => {
    // The built server, with its thread that writes.
    const served = await serve(bench.database);
    onTestFinished(() => void served.end("SIGKILL"));
    const { code, stdout, stderr } = await bench.run(
      ["ship", "--url", served.url, "--source", "node_id=01JYKZDPANTNRYXF5TQKRJS0F2"],
      { input: lines(3000) },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe(
      "madsci-events: 3000 line(s) in: 3000 acknowledged, 0 waiting in the spool, 0 dead-lettered, 0 dropped\n",
    );
    const stored = await bench.stored();
    expect(numbers(stored)).toEqual(Array.from({ length: 3000 }, (_, n) => n));
    expect(stored[0]).toMatchObject({ log_level: 20, source: { node_id: "01JYKZDPANTNRYXF5TQKRJS0F2" } });
  });

  test("takes the address from EVENT_SERVER_URL, and options from a file that flags win over", async () => {
    const { url } = await bench.serve();
    const file = join(bench.cwd, "options.yaml");
    writeFileSync(file, 'messageKey: text\nlevelMap: { "35": 30 }\nmap: { event_type: "{kind}" }\n');
    const env = { EVENT_SERVER_URL: url };
    const input = '{"level":35,"text":"a","kind":"odd"}\n{"level":36,"text":"b"}\n';
    const ended = await bench.here(["ship", "--options", file, "--level-map", "36=error", "-"], { input, env });
    expect(ended.code).toBe(0);
    const stored = await bench.stored();
    expect(stored).toMatchObject([
      { event_type: "odd", log_level: 30, event_data: { message: "a" } },
      { log_level: 40, event_data: { message: "b" } },
    ]);
  });

  test("reads half a line, CR LF, NUL, text that is no UTF-8 and 50 MB in one line; --tee gives every byte back", async () => {
    const { url } = await bench.serve();
    const input = Buffer.concat([
      Buffer.from(`${line(1)}\r\nplain text\0 with a nul\n`),
      Buffer.from([0xff, 0xfe, 0x80, 10]),
      Buffer.alloc(50_000_000, "x"),
      Buffer.from(`\n\n${line(2)}`),
    ]);
    const child = start(["ship", "--url", url, "--tee"], bench.options);
    const out: Buffer[] = [];
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr?.on("data", (chunk) => (stderr += chunk));
    child.stdin?.end(input);
    const [code] = await once(child, "close");
    expect({ code, same: Buffer.concat(out).equals(input) }).toEqual({ code: 0, same: true });
    expect(stderr).toContain("5 line(s) in: 4 acknowledged, 0 waiting in the spool, 1 dead-lettered, 0 dropped");
    const stored = await bench.stored();
    expect(numbers(stored).filter(Boolean).sort()).toEqual([1, 2]);
    expect(stored.map(({ event_data }) => event_data.message)).toContain("plain text\0 with a nul");
    const letters = await bench.run(["dead-letter", "ls"]);
    expect(letters.stdout).toContain("the line is too long");
  });

  test("goes on when nobody reads what it passes through any more", async () => {
    const { url } = await bench.serve();
    const child = start(["ship", "--url", url, "--tee", "--close-ms", "8000"], bench.options);
    child.stdin?.write(lines(10));
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.stdout?.destroy();
    child.stdin?.write(lines(2000));
    child.stdin?.end(lines(90));
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    expect(await bench.stored()).toHaveLength(2100);
  });

  test("a slow reader of --tee holds the program up, not the delivery", async () => {
    const { url } = await bench.serve();
    const child = start(["ship", "--url", url, "--tee", "--close-ms", "8000"], bench.options);
    child.stdin?.write(lines(5000));
    await expect.poll(async () => (await bench.stored()).length, { timeout: 20_000 }).toBeGreaterThan(100);
    let bytes = 0;
    child.stdout?.on("data", (chunk: Buffer) => (bytes += chunk.length));
    child.stdin?.end();
    const [code] = await once(child, "close");
    expect({ code, bytes }).toEqual({ code: 0, bytes: lines(5000).length });
    expect(await bench.stored()).toHaveLength(5000);
  });

  test("lets the program before it end first when the whole group gets SIGINT", async () => {
    const { url } = await bench.serve();
    const app = `console.log('{"msg":"begin"}'); setInterval(() => {}, 1000);
      process.on("SIGINT", () => { console.log('{"msg":"interrupted"}'); setTimeout(() => { console.log('{"msg":"end"}'); process.exit(); }, 300); });`;
    writeFileSync(join(bench.cwd, "app.mjs"), app);
    const command = `"${process.execPath}" app.mjs | "${process.execPath}" "${MAIN}" ship --url ${url}`;
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...bench.options.env };
    const shell = spawn("bash", ["-c", command], {
      cwd: bench.cwd,
      env,
      detached: true,
      stdio: "pipe",
    });
    let stderr = "";
    shell.stderr.on("data", (chunk) => (stderr += chunk));
    await expect.poll(async () => (await bench.stored()).length, { timeout: 20_000 }).toBe(1);
    process.kill(-(shell.pid as number), "SIGINT");
    await once(shell, "close");
    expect(stderr).toContain("3 line(s) in: 3 acknowledged");
    expect((await bench.stored()).map(({ event_data }) => event_data.message)).toEqual(["begin", "interrupted", "end"]);
  });

  test("SIGTERM ends it in order: what was read is stored", async () => {
    const { url } = await bench.serve();
    const child = start(["ship", "--url", url, "--batch-wait-ms", "60000", "--tee"], bench.options);
    let stderr = "";
    child.stderr?.on("data", (chunk) => (stderr += chunk));
    child.stdin?.write(`${lines(5)}{"msg":"half`);
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.kill("SIGTERM");
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    expect(stderr).toContain("6 line(s) in: 6 acknowledged");
    expect(await bench.stored()).toHaveLength(6);
  });

  test("a server that never answers does not hold the program up: 30 MB go in before the first delivery is over", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = start(["ship", "--url", url, "--spool-dir", bench.spools, "--timeout-ms", "60000"], bench.options);
    let stderr = "";
    child.stderr?.on("data", (chunk) => (stderr += chunk));
    const begun = Date.now();
    child.stdin?.end(lines(1000, "x".repeat(30_000)));
    const [code] = await once(child, "close");
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(Date.now() - begun).toBeLessThan(20_000);
    expect(code).toBe(0);
    expect(stderr).toContain("1000 line(s) in: 0 acknowledged, 1000 waiting");
  });

  test("without a server everything waits on disk, and exit code 0 says that it is safe", async () => {
    const { code, stderr } = await bench.run(["ship", "--url", NOWHERE, "--spool-dir", bench.spools], {
      input: lines(20),
    });
    expect(code).toBe(0);
    expect(stderr).toContain(`0 acknowledged, 20 waiting in the spool ${bench.spools}, 0 dead-lettered, 0 dropped`);
  });

  test("without a server and a spool the lines are lost, and exit code 4 says so", async () => {
    const { code, stderr } = await bench.here(["ship", "--url", NOWHERE, "--no-spool", "--close-ms", "300"], {
      input: lines(20),
    });
    expect(code).toBe(4);
    expect(stderr).toContain("20 dropped");
    expect(stderr).toMatch(/\nerror: 20 line\(s\) were lost/);
  });

  test("keeps the last figures in a file", async () => {
    const file = join(bench.cwd, "stats.json");
    await bench.here(["ship", "--url", NOWHERE, "--stats-file", file], { input: lines(3) });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ in: 3, pending: 3, dropped: 0 });
  });

  test("delivers into a store without a server", async () => {
    const url = `sqlite:${join(bench.cwd, "lab.db")}`;
    const { code } = await bench.here(["ship", "--url", url], { input: lines(5) });
    expect(code).toBe(0);
    expect(await bench.stored("--url", url)).toHaveLength(5);
  });
});

describe("wrong options", () => {
  test.each([
    [[], "--url is missing"],
    [["--url", "ftp://x"], "--url must be http(s)://"],
    [["--url", "http://x", "--batch-events", "0"], "--batch-events must be a whole number from 1"],
    [["--url", "http://x", "--fsync", "perhaps"], "--fsync must be one of"],
    [["--url", "http://x", "--source", "node_id"], "--source takes name=value"],
    [["--url", "http://x", "--source", "node=1"], '--source: unknown option "source.node"'],
    [["--url", "http://x", "--header", "nope"], "--header takes 'Name: value'"],
    [["--url", "http://x", "--map", "nope=1"], "--map"],
    [["--url", "http://x", "--map-module", "nope.mjs"], "--map-module"],
    [["--url", "https://x", "--cert", "a.pem"], "--cert"],
    [["--url", "http://x", "--token", "a", "--token-file", "b"], "--token and --token-file exclude each other"],
    [["--url", "http://x", "--no-spool", "--spool-dir", "s"], "--no-spool and --spool-dir exclude each other"],
    [["--url", "http://x", "--options", "nope.json"], "nope.json cannot be read (ENOENT)"],
    [["--url", "http://x", "--tee", "app.log"], "--tee is for standard input"],
    [["--url", "http://x", "-", "app.log"], "- stands alone"],
    [["--url", "http://x", "nope.log"], "nope.log does not exist"],
    [["--url", "http://x", "."], ". is a folder"],
  ])("ship %j ends with 2 and one line, and touches nothing", async (args, words) => {
    const { code, stdout, stderr } = await bench.here(["ship", ...args], { input: lines(1) });
    expect(stderr).toContain(words);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect({ code, stdout, files: readdirSync(bench.cwd) }).toEqual({ code: 2, stdout: "", files: [".git"] });
  });
});
