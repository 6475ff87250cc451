/** SIGTERM under load: what was accepted is answered, what is answered 200 is stored, and the process ends well. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { expectFileWhole } from "./check.ts";
import { Load } from "./load.ts";
import { serve } from "./server.ts";

const ROUNDS = Math.max(1, Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 10));
const WRITERS = { singles: 16, bulks: 2 } as const;
/** How a client sees a connection the server no longer takes requests on; at most once each, then refused. */
const CLOSED = new Set(["UND_ERR_SOCKET", "ECONNRESET"]);
const LIMIT_MS = 10_000;

it(`answers or refuses every request, stores what it acknowledged and exits with 0 (${ROUNDS} times)`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-sigterm-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "events.db");
  const acknowledged = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const served = await serve(`sqlite:${path}`);
    onTestFinished(() => void served.child.kill("SIGKILL"));
    const load = new Load(`round${round}`);
    load.start(served.url, WRITERS);
    await load.progress(100);
    await sleep(Math.random() * 300);
    const startMs = Date.now();
    expect(await served.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(Date.now() - startMs).toBeLessThan(LIMIT_MS);
    await load.stop();
    expect([...load.statuses.keys()].filter((status) => ![0, 200, 503].includes(status))).toEqual([]);
    const cut = [...load.errors].filter(([code]) => code !== "ECONNREFUSED");
    expect(cut.filter(([code]) => !CLOSED.has(code))).toEqual([]);
    const cutOff = cut.reduce((sum, [, times]) => sum + times, 0);
    expect(cutOff).toBeLessThanOrEqual(WRITERS.singles + WRITERS.bulks);
    for (const id of load.acknowledged) acknowledged.add(id);
    await expectFileWhole(path, acknowledged);
  }
});
