// Two sinks side by side: events into the lab's store, and lines for the people in front of the screen.
//
// pino.multistream keeps them apart: each has its own worker (or none) and its own fate. With pino's `targets` a dead
// target costs the others their lines.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventStore } from "madsci-events";
import { createTransport, withEventIds } from "madsci-events/pino";
import pino from "pino";
import build from "pino-abstract-transport";

const folder = await mkdtemp(join(tmpdir(), "madsci-events-"));
const url = `sqlite:${join(folder, "lab.db")}`;

const events = createTransport({ url, spool: { dir: join(folder, "spool") } });
const screen = build(async (lines) => {
  for await (const { level, msg, _id } of lines) console.log(`${pino.levels.labels[level]}  ${msg}  (event ${_id})`);
});

// The id is made here, so that both sinks know the line by the same one.
const streams = pino.multistream([
  { level: "debug", stream: events },
  { level: "info", stream: screen },
]);
const log = pino(withEventIds({ level: "debug", base: null }), streams);
log.debug({ volts: 23.9 }, "supply checked");
log.info("arm homed");
log.error({ err: new Error("no vacuum") }, "grip failed");

events.end();
screen.end();
await Promise.all([once(events, "close"), once(screen, "close")]);

const store = await EventStore.open(url, { readOnly: true });
for await (const { _id, log_level, event_data } of store.find({ order: "oldest" })) {
  console.log(`stored  ${log_level}  ${event_data.message}  (event ${_id})`);
}
await store.close();
await rm(folder, { recursive: true });
