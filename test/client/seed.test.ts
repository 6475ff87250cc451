/** The client example of MADSci's manual, line by line; what the manual promised is what happens. */
import { expect, it } from "vitest";
import { createEvent, EventClient, EventLogLevel, EventType } from "../../src/client/index.ts";
import { KINDS, openLab } from "./setup.ts";

it.each(KINDS)("the manual's example works as written: %s server", async (kind) => {
  const lab = await openLab(kind);
  const NODE = "01JJ4S0WNGEF5FQAZG5KDGJRBV";
  await lab.store.append({ event_type: "node_start", source: { node_id: NODE }, event_data: { message: "up" } });

  const event_client = new EventClient({ event_server: lab.url });

  const hello = event_client.log_info("This logs a simple string as an event of type LOG_INFO and level INFO");
  const alias = event_client.info("This is an alias");

  const event = createEvent({
    event_type: EventType.NODE_CREATE,
    log_level: EventLogLevel.DEBUG,
    event_data: "This is a full Event object",
  });
  const logged = event_client.log(event); // as it is, whatever its level
  const warned = event_client.log_warning(event); // the same event at another level: a copy with a new id
  await event_client.flush();

  const events = await event_client.get_events({ number: 50 });
  const found = await event_client.query_events({ source: { node_id: NODE } });
  const alerted = event_client.alert(event); // asks for a notification whatever the level
  const { acknowledged, dropped } = await event_client.close();

  expect([acknowledged, dropped]).toEqual([5, 0]);
  expect(Object.keys(events)).toEqual(expect.arrayContaining([hello, alias, logged, warned]));
  expect(events[hello]).toMatchObject({ event_type: "log_info", log_level: 20 });
  expect(Object.values(found).map(({ event_data }) => event_data)).toEqual([{ message: "up" }]);
  const all = new Map((await lab.events()).map((one) => [one._id, one]));
  expect(all.get(logged)).toMatchObject({ event_type: "node_create", log_level: 10, alert: false });
  expect(all.get(warned)).toMatchObject({ event_type: "node_create", log_level: 30, event_data: event.event_data });
  expect(all.get(alerted)).toMatchObject({ event_type: "node_create", log_level: 10, alert: true });
  expect(all.size).toBe(6);
});
