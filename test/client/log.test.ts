import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEvent, newId } from "../../src/client/index.ts";
import { openClient, openLab } from "./setup.ts";

const NODE = newId();

async function open(options = {}) {
  const lab = await openLab();
  const { client, told } = openClient(lab.url, options);
  const arrived = async () => {
    await client.flush();
    return lab.events();
  };
  return { lab, client, told, arrived };
}

describe("log methods", () => {
  it("send under the names of MADSci, pino and TypeScript, each at its level", async () => {
    const { client, arrived } = await open({ logLevel: "trace" });
    const methods = ["trace", "debug", "info", "warning", "warn", "error", "exception", "critical", "fatal"] as const;
    const aliases = ["log_debug", "log_info", "log_warning", "log_error", "log_critical"] as const;
    const ids = [...methods, ...aliases].map((name) => [name, client[name](name)]);
    const byId = new Map((await arrived()).map((event) => [event._id, event]));
    const levels = ids.map(([name, id]) => [name, byId.get(String(id))?.log_level, byId.get(String(id))?.event_type]);
    expect(levels).toEqual([
      ["trace", 10, "log_debug"],
      ["debug", 10, "log_debug"],
      ["info", 20, "log_info"],
      ["warning", 30, "log_warning"],
      ["warn", 30, "log_warning"],
      ["error", 40, "log_error"],
      ["exception", 40, "log_error"],
      ["critical", 50, "log_critical"],
      ["fatal", 50, "log_critical"],
      ["log_debug", 10, "log_debug"],
      ["log_info", 20, "log_info"],
      ["log_warning", 30, "log_warning"],
      ["log_error", 40, "log_error"],
      ["log_critical", 50, "log_critical"],
    ]);
  });

  it("take the event's own type and ids of the lab out of the context, and leave everything else in event_data", async () => {
    const { client, arrived } = await open();
    client.info("aspirate", { event_type: "ACTION_START", node_id: NODE, volume: 5, trace_id: "t1", alert: true });
    const [event] = await arrived();
    expect(event).toMatchObject({ event_type: "action_start", alert: true, trace_id: "t1", source: { node_id: NODE } });
    expect(event?.event_data).toEqual({ message: "aspirate", volume: 5 });
  });

  it("leave level, time and ids of other events to the caller", async () => {
    const { client, arrived } = await open();
    const data = { level: 12.5, time: 30, _id: NODE, event_id: NODE };
    const id = client.info("spin", data);
    const [event] = await arrived();
    expect(event).toMatchObject({ _id: id, log_level: 20, event_type: "log_info" });
    expect(Math.abs(Date.now() - Date.parse(event?.event_timestamp ?? ""))).toBeLessThan(60_000);
    expect(event?.event_data).toEqual({ message: "spin", ...data });
  });

  it("keep the stack and the causes of an error", async () => {
    const { client, arrived } = await open();
    client.error("homing failed", new RangeError("too far", { cause: new TypeError("no encoder") }));
    client.exception(new Error("alone"));
    client.error({ err: new Error("in pino's way") });
    const events = await arrived();
    expect(events[0]?.event_data).toMatchObject({
      message: "homing failed",
      error: {
        type: "RangeError",
        message: "too far",
        stack: expect.stringContaining("log.test.ts"),
        cause: { type: "TypeError", message: "no encoder" },
      },
    });
    expect(events.map(({ event_data }) => (event_data as { message: string }).message)).toEqual([
      "homing failed",
      "alone",
      "in pino's way",
    ]);
  });

  it("send nothing below the level, and answer no id for it", async () => {
    const { client, arrived } = await open({ logLevel: "info" });
    expect([client.debug("a"), client.trace("b"), client.log({ log_level: 10, event_type: "test" })]).toEqual([
      "",
      "",
      "",
    ]);
    client.level = "debug";
    expect([client.isLevelEnabled("debug"), client.isLevelEnabled("trace")]).toEqual([true, false]);
    const id = client.debug("c");
    client.level = "silent";
    expect([client.critical("d"), client.isLevelEnabled("fatal")]).toEqual(["", false]);
    expect((await arrived()).map(({ _id }) => _id)).toEqual([id]);
  });
});

describe("whole events", () => {
  it("are sent as they are", async () => {
    const { client, arrived } = await open();
    const event = createEvent({ event_type: "test", event_data: [1, "two"] as never, source: { node_id: NODE } });
    expect(client.log(event)).toBe(event._id);
    const [{ received_at, skew_ms, ...stored }] = (await arrived()) as [Awaited<ReturnType<typeof arrived>>[number]];
    expect(stored).toEqual(event);
  });

  it("get a new id with another level, which is noted; the caller's own object stays as it is", async () => {
    const { client, told, arrived } = await open();
    const event = Object.freeze(createEvent({ event_type: "node_error", log_level: 20, event_data: { message: "x" } }));
    client.log(event);
    const second = client.log_warning(event);
    expect(told).toContainEqual(expect.objectContaining({ kind: "new id", eventId: second, firstEventId: event._id }));
    const events = await arrived();
    expect(events.map(({ _id, log_level, event_data }) => [_id, log_level, event_data])).toEqual([
      [event._id, 20, { message: "x" }],
      [second, 30, { message: "x" }],
    ]);
    expect(client.log_info(event)).toBe(event._id);
  });

  it("are sent whatever their level, unless the client was given one", async () => {
    const event = createEvent({ event_type: "test", log_level: 10 });
    const { client, arrived } = await open();
    expect(client.log(event)).toBe(event._id);
    expect(client.debug("a call below the usual level")).toBe("");
    expect((await arrived()).map(({ _id }) => _id)).toEqual([event._id]);
    const strict = await open({ log_level: "info" });
    expect(strict.client.log(event)).toBe("");
    expect(await strict.arrived()).toEqual([]);
  });

  it("arrive as an alert after they were logged", async () => {
    const { client, lab, arrived } = await open();
    const event = createEvent({ event_type: "test", log_level: 10, event_data: "jammed" });
    client.log(event);
    const id = client.alert(event);
    expect((await arrived()).map((one) => [one._id, one.alert, one.log_level])).toEqual([
      [event._id, false, 10],
      [id, true, 10],
    ]);
    expect(id).not.toBe(event._id);
    expect(lab.store.stats().conflicts).toBe(0);
  });

  it("keep what is right of them where a field is wrong, and say so", async () => {
    const { client, told, arrived } = await open();
    client.log({ _id: "mine", event_type: "test", log_level: "loud", source: { node_id: "x" }, event_data: { a: 1 } });
    const invalid = { log_level: "loud", source: { node_id: "x" } };
    expect((await arrived())[0]).toMatchObject({ _id: "mine", log_level: 20, event_data: { a: 1, invalid } });
    expect(told.map(({ kind }) => kind)).toEqual(["invalid event", "invalid event"]);
  });

  it("are told from data: a dictionary keeps its content", async () => {
    const { client, arrived } = await open();
    client.log({ temperature: 37.5 });
    client.log(JSON.stringify({ event_type: "test", event_data: { as: "text" } }));
    client.log("{ not an event }");
    client.log(new Error("jammed"));
    client.log("careful", "warning");
    client.log("odd", { level: 25 });
    const events = await arrived();
    expect(events.map(({ event_type, log_level, event_data }) => [event_type, log_level, event_data])).toEqual([
      ["log_info", 20, { temperature: 37.5 }],
      ["test", 20, { as: "text" }],
      ["log_info", 20, { message: "{ not an event }" }],
      ["log_error", 40, expect.objectContaining({ message: "jammed" })],
      ["log_warning", 30, { message: "careful" }],
      ["log_info", 20, { message: "odd", invalid_level: 25 }],
    ]);
  });
});

describe("alert", () => {
  it("sends one event, whatever the level of the client", async () => {
    const { client, arrived } = await open({ logLevel: "silent" });
    client.alert("door open", { door: 2 });
    client.log_alert(new Error("fire"));
    const events = await arrived();
    expect(events.map(({ alert, log_level, event_data }) => [alert, log_level, event_data])).toEqual([
      [true, 50, { message: "door open", door: 2 }],
      [true, 50, expect.objectContaining({ message: "fire" })],
    ]);
  });
});

describe("bound clients", () => {
  it("carry more, and leave their parent and their siblings alone", async () => {
    const { client, arrived } = await open();
    const node = client.bind({ node_id: NODE, run: 1 });
    const step = node.child({ run: 2, step: "wash" });
    step.info("a", { run: 3 });
    node.info("b");
    client.info("c");
    step.unbind("step", "run").info("d");
    const events = await arrived();
    expect(events.map(({ event_data }) => event_data)).toEqual([
      { message: "a", run: 3, step: "wash" },
      { message: "b", run: 1 },
      { message: "c" },
      { message: "d" },
    ]);
    expect(events.map(({ source }) => source.node_id)).toEqual([NODE, NODE, undefined, NODE]);
    expect([node.bindings(), client.bindings()]).toEqual([{ node_id: NODE, run: 1 }, {}]);
  });

  it("flush when they are closed, and the others go on", async () => {
    const { client, lab } = await open();
    const child = client.bind({ a: 1 });
    child.info("x");
    expect(await child.close()).toMatchObject({ acknowledged: 1, link: "online" });
    client.info("y");
    child.info("z");
    await client.flush();
    expect(await lab.events()).toHaveLength(3);
  });
});

describe("any values at all", () => {
  it("become events, and never throw", { timeout: 60_000 }, async () => {
    const { client, lab } = await open({ batch: { maxWaitMs: 5 } });
    const values = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
    });
    let logged = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            values,
            fc.nat(3).map((at) => `hostile ${at}`),
          ),
          { maxLength: 4 },
        ),
        (drawn) => {
          const given = drawn.map((one) => HOSTILE.get(one) ?? one);
          client.info(...given);
          client.log(given[0]);
          client.alert(...given);
          logged += 3;
        },
      ),
      { numRuns: 150 },
    );
    const { acknowledged, dropped, pending, deadLettered } = await client.flush(30_000);
    expect([acknowledged + dropped, pending, deadLettered]).toEqual([logged, 0, 0]);
    expect((await lab.events()).length).toBeGreaterThan(logged / 2);
  });

  it("are cut where they are too large, with a note", async () => {
    const { client, arrived } = await open();
    client.info("big", { text: "x".repeat(400_000) });
    client.log({ event_type: "test", event_data: "y".repeat(400_000) });
    client.log({ event_type: "test", event_data: Array.from({ length: 60_000 }, (_, at) => at) });
    const { length } = await arrived();
    expect(length).toBe(3);
    expect(client.stats()).toMatchObject({ truncated: 3, deadLettered: 0 });
  });
});

/** By name, for a proxy like this cannot even be printed. */
const HOSTILE = new Map<unknown, unknown>([
  ["hostile 0", Symbol("s")],
  ["hostile 1", () => 1],
  ["hostile 2", unreadable()],
  ["hostile 3", cyclic()],
]);

function unreadable(): unknown {
  const fail = () => {
    throw new Error("no");
  };
  return new Proxy({}, { ownKeys: fail, get: fail, has: fail });
}

function cyclic(): unknown {
  const ring: Record<string, unknown> = { a: 1 };
  ring.self = ring;
  return ring;
}
