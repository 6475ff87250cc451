/** A process with an idle sink ends by itself. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "tsup";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { answering, batchRoute, closeServers, listen } from "./http-fakes.ts";

afterEach(closeServers);

const root = resolve(import.meta.dirname, "../..");
const cert = join(root, "test/data/tls/cert.pem");
const folder = mkdtempSync(join(tmpdir(), "madsci-idle-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  await build({
    entry: { sink: join(root, "src/ship/http-sink.ts") },
    outDir: folder,
    outExtension: () => ({ js: ".mjs" }),
    format: "esm",
    target: "node20",
    config: false,
    silent: true,
    noExternal: [/.*/],
  });
  writeFileSync(
    join(folder, "main.mjs"),
    `import { httpSink } from "./sink.mjs";
const sink = httpSink(JSON.parse(process.argv[2]));
const verdicts = await sink.send([{ _id: "a" }], new AbortController().signal);
process.stdout.write(JSON.stringify(verdicts));`,
  );
});

it.each(["http", "https"])("a process ends while its %s sink keeps a connection", async (scheme) => {
  const [pem, key] = ["cert.pem", "key.pem"].map((name) => readFileSync(join(root, "test/data/tls", name)));
  const handle = answering(batchRoute);
  const server = scheme === "http" ? createServer({}, handle) : createTlsServer({ cert: pem, key }, handle);
  server.keepAliveTimeout = 0; // for ever
  const url = `${scheme}://127.0.0.1:${await listen(server)}`;
  const options = JSON.stringify({ url, tls: { ca: cert } });
  const run = promisify(execFile)(process.execPath, [join(folder, "main.mjs"), options], { timeout: 15_000 });
  expect((await run).stdout).toBe('[{"status":"stored"}]');
});
