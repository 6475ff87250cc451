// Mount the Event Manager's REST API under a prefix of your own Fastify app.
import fastify from "fastify";
import { EventStore } from "madsci-events";
import { eventRoutes } from "madsci-events/fastify";

const store = await EventStore.open("memory:");
const app = fastify();
app.get("/", () => "the app's own page");
// Its hooks, parsers and error answers stay inside the prefix.
await app.register(eventRoutes, { prefix: "/lab", store });
const url = await app.listen({ port: 0, host: "127.0.0.1" });

const json = { "content-type": "application/json" };
const post = (path, body) => fetch(url + path, { method: "POST", headers: json, body: JSON.stringify(body) });

// MADSci's routes, as its Python client uses them …
const posted = await post("/lab/event", { event_type: "NODE_START", event_data: { message: "robot arm is up" } });
console.log(`POST /lab/event           ${posted.status}  ${(await posted.json()).event_type}`);

// … and /v1 beside them: many at once, an answer for each.
const bulk = await post("/lab/v1/events", [
  { log_level: "error", event_data: { message: "no liquid" } },
  { log_level: 7 },
]);
const { accepted, rejected } = await bulk.json();
console.log(`POST /lab/v1/events       ${bulk.status}  ${accepted} accepted, ${rejected} rejected`);

const search = await post("/lab/v1/events/search", { selector: { log_level: { $gte: 40 } } });
const { events } = await search.json();
console.log(`POST /lab/v1/events/search ${search.status}  ${events.map((event) => event.event_data.message)}`);
console.log(`GET  /                    ${await (await fetch(url)).text()}`);

await app.close();
await store.close();
