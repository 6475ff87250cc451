// The lab of compose.yaml: one shift after the other against a server, until it is told to stop.
//
// EVENT_SERVER_URL: the server. LAB_SHIFTS: how many shifts (default: no end). LAB_PAUSE_S: seconds between two (10).
import { setTimeout as sleep } from "node:timers/promises";
import { work } from "./work.mjs";

const { EVENT_SERVER_URL = "http://localhost:8001", LAB_SHIFTS = "Infinity", LAB_PAUSE_S = "10" } = process.env;
const url = EVENT_SERVER_URL.replace(/\/+$/, "");
const children = new Set();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL"); // what they have logged lies in their spools
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));

for (let shift = 1; shift <= Number(LAB_SHIFTS); shift++) {
  if (shift > 1) await sleep(Number(LAB_PAUSE_S) * 1000);
  console.log(await report(shift));
}

/** A server that is away for a while ends nothing. */
async function report(shift) {
  try {
    return `shift ${shift}: ${await work({ url, onChild })} events delivered to ${url}`;
  } catch (error) {
    return `shift ${shift}: ${error.message}${error.cause?.code ? ` (${error.cause.code})` : ""}`;
  }
}

function onChild(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
}
