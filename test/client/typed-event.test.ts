/** Types of events: checked when this file is compiled; what runs here is what they make. */
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  createEvent,
  EventClient,
  type EventDataOf,
  EventLogLevel,
  EventType,
  type TypedEvent,
} from "../../src/client/index.ts";
import { EVENT_TYPES } from "../../src/event/event-types.ts";

describe("typed events", () => {
  it("have MADSci's symbols, each its own text", () => {
    expect(Object.values(EventType)).toEqual(EVENT_TYPES);
    expectTypeOf(EventType.NODE_CREATE).toEqualTypeOf<"node_create">();
    expect([EventType.WORKFLOW_COMPLETE, EventLogLevel.WARNING]).toEqual(["workflow_complete", 30]);
  });

  it("know the fields of their type, and let others in", () => {
    const event = createEvent({
      event_type: EventType.WORKFLOW_COMPLETE,
      event_data: {
        workflow_id: "w",
        status: "completed",
        duration_seconds: 12.5,
        step_statistics: { total_steps: 3 },
        own: 1,
      },
    });
    expect(event).toMatchObject({ event_type: "workflow_complete", log_level: 20, event_data: { own: 1 } });
    createEvent({ event_type: "ACTION_FAILED", event_data: { action_id: "a", error: { message: "jammed" } } });
    createEvent({ event_type: "my_own_type", event_data: [1, 2, 3] });
    createEvent({ event_type: "node_create", event_data: "A text" });
    // @ts-expect-error a duration is a number
    createEvent({ event_type: "workflow_complete", event_data: { duration_seconds: "12.5s" } });
    // @ts-expect-error so it is in MADSci's symbol
    createEvent({ event_type: EventType.WORKFLOW_COMPLETE, event_data: { duration_seconds: "12.5s" } });
    expectTypeOf<EventDataOf<"my_own_type">>().toBeUnknown();
  });

  it("are what log takes", () => {
    const client = new EventClient({ event_server: "http://localhost:9", logLevel: "silent" });
    const start: TypedEvent<"node_start"> = { event_type: "node_start", event_data: { node_name: "arm" } };
    expect(client.log(start)).toBe("");
    expectTypeOf(client.getEvents).toEqualTypeOf(client.get_events);
  });
});
