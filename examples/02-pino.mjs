// Log with pino as usual; a worker thread turns lines into events and stores them.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventStore, newId } from "madsci-events";
import { createTransport } from "madsci-events/pino";
import pino from "pino";

const folder = await mkdtemp(join(tmpdir(), "madsci-events-"));
const url = `sqlite:${join(folder, "lab.db")}`; // or http://localhost:8001, the address of an Event Manager

// The same as pino.transport({ target: "madsci-events/pino", options: … }), with the options checked here.
const transport = createTransport({ url, sourceKeys: { node: "node_id" } });
const log = pino({ name: "plate-reader" }, transport);

// Bindings that name a part of the lab become the event's source, `event_type` its type.
const node = log.child({ node: newId() });
node.info({ event_type: "node_start" }, "ready");
node.info({ event_type: "action_start", action: "read", plate: "P-0042" }, "reading plate");
node.warn({ lamp_hours: 1980 }, "lamp is near the end of its life");
node.error({ event_type: "action_failed", alert: true, err: new Error("shutter jammed") }, "reading failed");

// A program that simply ends delivers everything too; here we want to read it back first.
transport.end();
await once(transport, "close");

const store = await EventStore.open(url, { readOnly: true });
for await (const { log_level, event_type, event_data, alert } of store.find({ order: "oldest" })) {
  console.log(`${log_level}  ${event_type.padEnd(14)} ${event_data.message}${alert ? "  (alert)" : ""}`);
  if (event_data.error) console.log(`    ${event_data.error.stack.split("\n")[0]}`);
}
await store.close();
await rm(folder, { recursive: true });
