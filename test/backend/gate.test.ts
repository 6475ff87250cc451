/** The end of a process waits for the piece of work its thread is in, and lets it begin no other. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { bundled } from "../helpers/bundled.ts";

const program = bundled(
  "gate",
  `
import { writeSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { gated, newGate, passThrough, throughGate } from "./src/backend/gate.ts";
const busy = (ms) => { for (const endMs = performance.now() + ms; performance.now() < endMs; ); };
const say = (word) => writeSync(1, word + " ");
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { gate: newGate(), kind: process.argv[2] } });
  worker.on("message", () => process.exit(7));
} else {
  passThrough(workerData.gate);
  const piece = () => {
    say("begun");
    gated(() => say("part"));
    parentPort.postMessage("begun");
    busy(300);
    say("done");
  };
  if (workerData.kind === "a statement") gated(piece);
  else await throughGate(async () => {
    piece();
    await new Promise((resolve) => setTimeout(resolve, 100));
    gated(() => say("last"));
  });
  gated(() => say("another"));
}`,
);

test.each([
  ["a statement", "begun part done "],
  ["work of several turns", "begun part done last "],
])("%s", (kind, said) => {
  const { status, stdout } = spawnSync(process.execPath, [program, kind], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 7, stdout: said });
});
