// Log events to an Event Manager, follow them live, and ask about them.
import fastify from "fastify";
import { EventStore } from "madsci-events";
import { EventClient, newId, withEventContext } from "madsci-events/client";
import { eventRoutes } from "madsci-events/fastify";

// A server of our own for this example; MADSci's works the same.
const store = await EventStore.open("memory:");
const app = fastify();
await app.register(eventRoutes, { store });
const url = await app.listen({ port: 0, host: "127.0.0.1" });

const client = new EventClient({ event_server: url, batch: { maxWaitMs: 50 } });

// Whoever wants to see events as they arrive, through reconnects.
const tail = client.tail({ log_level: { $gte: 30 } });
const watching = (async () => {
  for await (const item of tail) {
    if (item.kind === "live") work();
    if (item.kind === "event") console.log(`seen live: ${item.event.event_data.message}`);
    if (item.kind === "event" && item.event.alert) return;
  }
})();

function work() {
  const arm = client.bind({ node_id: newId() }); // ids of the lab become the event's source
  withEventContext({ source: { experiment_id: newId() }, metadata: { plate: "P-0042" } }, () => {
    arm.info("moving to slot 3", { event_type: "action_start" });
    arm.warning("grip is loose", { force_n: 4.1 });
    arm.error("drop", new Error("lost the plate"));
    arm.alert("someone must come");
  });
}
await watching;

const { acknowledged, dropped } = await client.flush();
console.log(`${acknowledged} acknowledged, ${dropped} dropped`);

const severe = await client.query_events({ log_level: { $gte: 40 } }); // by id, the newest first
for (const { event_type, event_data, source } of Object.values(severe)) {
  const who = source.node_id && source.experiment_id ? "of the arm, in the experiment" : "of nobody";
  console.log(`${event_type}: ${event_data.message} (plate ${event_data.plate}, ${who})`);
}
for await (const event of client.query_events({ event_type: "action_start" })) {
  console.log(`${event.event_type}: ${event.event_data.message}`);
}

await client.close();
await app.close();
await store.close();
