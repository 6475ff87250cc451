// Open a store in one file, append events, find them again.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventStore, LEVEL, newId } from "madsci-events";

const folder = await mkdtemp(join(tmpdir(), "madsci-events-"));
const store = await EventStore.open(`sqlite:${join(folder, "lab.db")}`);
const node_id = newId();

// append() resolves when the events are on disk. Every field has a default.
const { id, status } = await store.append({ event_type: "node_start", source: { node_id } });
console.log(`${status}: ${id}`);

await store.append([
  { log_level: LEVEL.INFO, source: { node_id }, event_data: { message: "tip picked up", tip: 3 } },
  { log_level: LEVEL.ERROR, source: { node_id }, event_data: { message: "no liquid in well B7" }, alert: true },
]);

// A selector has MongoDB's syntax, whatever the store is made of.
console.log("\nfrom warnings up:");
for await (const event of store.find({ selector: { log_level: { $gte: LEVEL.WARNING } } })) {
  console.log(`  ${event.event_timestamp}  ${event.event_data.message}`);
}
console.log(`\n${await store.count()} events in all`);

await store.close();
await rm(folder, { recursive: true });
