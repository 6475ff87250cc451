/**
 * A newcomer's path: the package as npm would install it, the code of the README, and a server that is stopped in the
 * middle and started again: for a minute in a full run.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { freePort } from "../helpers/ferretdb.ts";
import { installPackage } from "../helpers/packed.ts";
import { serve } from "./server.ts";
import { expectWhole } from "./ship/oracle.ts";

const AWAY_MS = Number(process.env.FAULT_ROUNDS ?? 50) >= 50 ? 60_000 : 3000;
const LINE_EVERY_MS = 10;
/** After a while the transport looks for the server every 30 s at most. */
const BACK_MS = Math.min(35_000, 2 * AWAY_MS);

/** The README's block about pino, at another address, and then more of its own lines. */
function program(url: string, lines: number): string {
  const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
  const code = /## pino\n\n```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  expect(
    code
      .trim()
      .split("\n")
      .filter((line) => line !== ""),
  ).toHaveLength(4);
  return `${code.replace("http://localhost:8001", url)}
for (let n = 1; n <= ${lines}; n++) {
  log.info({ run: "newcomer", n }, "line");
  await new Promise((resolve) => setTimeout(resolve, ${LINE_EVERY_MS}));
}
`;
}

it(`misses nothing and repeats nothing when the server is away for ${AWAY_MS / 1000} s`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-newcomer-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  installPackage(folder, ["pino"]);
  const database = `sqlite:${join(folder, "lab.db")}`;
  const port = await freePort();
  const first = await serve(database, { port });
  const lines = Math.ceil((AWAY_MS + BACK_MS + 4000) / LINE_EVERY_MS);
  writeFileSync(join(folder, "app.mjs"), program(first.url, lines));

  const app = spawn(process.execPath, ["app.mjs"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(() => void app.kill("SIGKILL"));
  const ended = once(app, "exit");
  await sleep(1500);
  await first.end("SIGTERM");
  await sleep(AWAY_MS);
  const second = await serve(database, { port });
  onTestFinished(() => void second.child.kill("SIGKILL"));
  expect((await ended)[0]).toBe(0);

  await expect.poll(() => stored(database).then(({ length }) => length), { timeout: 60_000 }).toBeGreaterThan(lines);
  expectWhole({ emitted: { newcomer: lines }, stored: await stored(database) });
  expect(await second.end("SIGTERM")).toEqual({ code: 0, signal: null });
});

async function stored(database: string) {
  await using store = await EventStore.open(database, { readOnly: true });
  return await store.find({ order: "oldest" }).toArray();
}
