/** The floor for single requests: bare Fastify, one route, the event checked by zod and sent back. Prints its URL. */
import fastify from "fastify";
import { z } from "zod";

const id = z.string().optional();
const event = z.object({
  _id: z.string(),
  event_type: z.string(),
  log_level: z.number(),
  alert: z.boolean(),
  event_timestamp: z.string(),
  source: z.object({ node_id: id, workcell_id: id, workflow_id: id, experiment_id: id }),
  event_data: z.record(z.string(), z.unknown()),
  trace_id: z.string().nullable(),
  span_id: z.string().nullable(),
});

const app = fastify();
app.post("/event", async (request) => event.parse(request.body));
console.log(await app.listen({ port: 0, host: "127.0.0.1" }));
process.stdin.resume().on("end", () => app.close());
