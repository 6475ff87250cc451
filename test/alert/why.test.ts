/** Why an event told somebody, or nobody: in words, from the bottom of many others. */
import { describe, expect, it } from "vitest";
import { newRecord } from "../../src/alert/outbox-record.ts";
import { EngineBench, NODE_ERROR } from "./engine-bench.ts";
import { HOUR, MINUTE, SECOND } from "./lab.ts";

const NEVER = { ...NODE_ERROR, resolveAfter: "never" } as const;

describe("why", () => {
  it("finds who was told however many others have been told since", async () => {
    const bench = new EngineBench({ rules: [NEVER] });
    const engine = await bench.start();
    const event = bench.append();
    await bench.advance(MINUTE);
    const { notification } = bench.told[0] ?? {};
    const others = Array.from({ length: 1100 }, (_, i) => {
      const draft = { channel: "ops", recipient: "ops", incident_id: `x.${i}`, sequence: 1 };
      const record = newRecord({ ...draft, notice: notification?.notice as never }, bench.clock.now() + 1);
      return { ...record, state: "sent", dueMs: null };
    });
    await bench.memory.write("notifications", others);
    const why = await engine.why(event._id);
    expect(why?.notifications.map((one) => one.notification_id)).toEqual([notification?.notification_id]);
    await bench.close();
  });

  it("names what an event has resolved", async () => {
    const bench = new EngineBench({ rules: [{ ...NEVER, resolveWhen: { event_type: "node_start" } }] });
    const engine = await bench.start();
    bench.append();
    await bench.advance(MINUTE);
    const start = bench.append({ event_type: "node_start" });
    await bench.advance(HOUR);
    const why = await engine.why(start._id);
    expect(why?.incidents.length).toBe(1);
    expect(why?.trail.join("\n")).toMatch(/it resolved incident [0-9a-f]{20}\.1, which is closed/);
    await bench.close();
  });

  it("says what keeps an incident quiet", async () => {
    const quietHours = { from: "12:00", to: "13:00", timezone: "UTC" };
    const bench = new EngineBench({ rules: [NEVER], quietHours });
    const engine = await bench.start();
    const event = bench.append();
    await bench.advance(MINUTE);
    const words = async () => (await engine.why(event._id))?.trail.join("\n");
    expect(await words()).toMatch(/waits for the end of the quiet hours at 2026-01-05T13:00:00.000Z/);
    await bench.close();
    const calm = new EngineBench({ rules: [NEVER] });
    const other = await calm.start();
    const { _id } = calm.append();
    await calm.advance(SECOND);
    expect((await other.why(_id))?.trail.join("\n")).toMatch(/nobody has been told so far/);
    await calm.close();
  });

  it("finds an event without a time of arrival by what the incident shows, and the storm of one with many", async () => {
    const bench = new EngineBench({ rules: [NEVER], evaluate: { stormPerMinute: 20 } });
    const engine = await bench.start();
    const unknown = bench.append({ received_at: null } as never);
    await bench.advance(SECOND);
    expect((await engine.why(unknown._id))?.trail.join("\n")).toMatch(/it is shown in incident/);
    for (let i = 0; i < 40; i++) bench.append();
    const last = bench.append();
    await bench.advance(MINUTE);
    expect((await engine.why(last._id))?.trail.join("\n")).toMatch(/of the storm, in which events are only counted/);
    await bench.close();
  });
});
