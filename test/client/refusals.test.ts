/** What a client refuses by itself, before its server hears of it. */
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Answered, EventClient, ReportOptions } from "../../src/client/index.ts";
import { failure, openClient, openLab, scripted, sendJson } from "./setup.ts";

async function listening() {
  const asked: string[] = [];
  const bodies: unknown[] = [];
  const url = await scripted((request, response, body) => {
    asked.push(`${request.method} ${request.url}`);
    if (body !== "") bodies.push(JSON.parse(body));
    if (request.url === "/live") return sendJson(response, 200, { status: "alive" });
    sendJson(response, 200, { events: [], cursor: null, archived_count: 0, deleted_count: 0 });
  });
  return { client: openClient(url).client, asked, bodies };
}

const throwing = {
  get log_level(): number {
    throw new Error("not today");
  },
};
const round: Record<string, unknown> = {};
round.$and = [round];

const UNSENDABLE: [string, unknown][] = [
  ["source.node_id", { "source.node_id": undefined }],
  ["log_level.$gte", { log_level: { $gte: undefined } }],
  ["$or[1].event_type", { $or: [{ log_level: 40 }, { event_type: () => "x" }] }],
  ["trace_id", { trace_id: Symbol("x") }],
  ["log_level.$gte", { log_level: { $gte: Number.NaN } }],
  ["log_level.$in[1]", { log_level: { $in: [10, Number.POSITIVE_INFINITY] } }],
  ["log_level.$in[0]", { log_level: { $in: new Array(2) } }],
  ["plain object", Object.create({ log_level: 40 })],
  ["Symbol(x)", { [Symbol("x")]: 1 }],
  ["hidden", Object.defineProperty({}, "hidden", { value: 1 })],
  ["event_type", { event_type: new Map() }],
  ["event_type.$in", { event_type: { $in: new Set(["a"]) } }],
  ["event_data.name", { "event_data.name": /a/g }],
  ["event_timestamp.$lt", { event_timestamp: { $lt: new Date(Number.NaN) } }],
  ["log_level: it cannot be read (not today)", throwing],
  ["$and[0]", round],
  ["plain object", null],
  ["plain object", [{ log_level: 40 }]],
];

describe("a selector that JSON cannot say", () => {
  it.each(UNSENDABLE)("is refused by its path before anything is sent: %s", async (path, given) => {
    const { client, asked } = await listening();
    const selector = given as Record<string, unknown>;
    const works: (() => unknown)[] = [
      () => client.query_events(selector),
      () => client.count_events(selector),
      () => client.archive_events({ selector }),
      () => client.tail(selector),
    ];
    for (const work of works) {
      const { code, message } = await failure(work);
      expect([code, message]).toEqual(["EVT_INVALID_SELECTOR", expect.stringContaining(path)]);
    }
    expect(asked).toEqual([]);
  });

  it("is sent where there is a way to say it: a RegExp as $regex, a Date as ISO text", async () => {
    const { client, bodies } = await listening();
    await client.query_events({
      event_type: /^node/,
      "event_data.name": { $not: /Arm/im, $ne: 2n },
      "event_data.text": { $regex: /x/s },
      event_timestamp: { $gte: new Date(0) },
    });
    expect(bodies).toMatchObject([
      {
        selector: {
          event_type: { $regex: "^node" },
          "event_data.name": { $not: { $regex: "Arm", $options: "im" }, $ne: 2 },
          "event_data.text": { $regex: "x", $options: "s" },
          event_timestamp: { $gte: "1970-01-01T00:00:00.000Z" },
        },
      },
    ]);
  });

  it("is sent as it was when it was given", async () => {
    const { client, bodies } = await listening();
    const selector: Record<string, unknown> = { log_level: 40 };
    const found = client.query_events(selector);
    delete selector.log_level;
    await found;
    expect(bodies).toMatchObject([{ selector: { log_level: 40 } }]);
  });
});

type Work = (client: EventClient) => unknown;
const REFUSED: [string, Work][] = [
  ["older_than", (client) => client.purge_events({ older_than: 5 } as never)],
  ["options", (client) => client.purge_events(null as never)],
  ["options", (client) => client.purge_events(5 as never)],
  ["options", (client) => client.purge_events([] as never)],
  ["selectors", (client) => client.archive_events({ selectors: {} } as never)],
  ["options", (client) => client.archive_events(null as never)],
  ["event_ids", (client) => client.archive_events({ event_ids: "abc" as never })],
  ["before_date", (client) => client.archive_events({ before_date: new Date(Number.NaN) })],
  ["before_date", (client) => client.archive_events({ before_date: null as never })],
  // @ts-expect-error one of the three is needed
  ["event_ids", (client) => client.archive_events({})],
  ["event_id", (client) => client.get_event(".")],
  ["event_id", (client) => client.get_event("..")],
  ["event_id", (client) => client.get_event("\ud800")],
  ["from", (client) => client.query_events({}, { from: new Date(Number.NaN) })],
  ["to", (client) => client.query_events({}, { to: "yesterday" })],
  ["options", (client) => client.query_events({}, null as never)],
  ["signal", (client) => client.query_events({}, { signal: 5 as never })],
  ["options", (client) => client.count_events({}, null as never)],
  ["options", (client) => client.tail({}, null as never)],
  ["number", (client) => client.get_events(null as never)],
  ["number", (client) => client.get_events("abc" as never)],
  ["number", (client) => client.get_events(true as never)],
  ["number", (client) => client.get_events([] as never)],
  ["number", (client) => client.get_events(5n as never)],
];

describe("a bad argument", () => {
  it.each(REFUSED)("is refused by its name before anything is sent: %s", async (name, work) => {
    const { client, asked } = await listening();
    const { code, message } = await failure(() => work(client));
    expect([code, message]).toEqual(["EVT_INVALID_OPTION", expect.stringContaining(name)]);
    expect(asked).toEqual([]);
  });
});

describe("an answer that is no event", () => {
  it.each(["<html>Welcome</html>", "{", "[]", "{}", '{"_id": ""}', '{"_id": {}}'])("is told: %s", async (text) => {
    const url = await scripted((_request, response) => void response.end(text));
    const { code, message } = await failure(() => openClient(url).client.get_event("e1"));
    expect([code, message]).toEqual(["EVT_BACKEND_UNAVAILABLE", expect.stringContaining("/event/e1")]);
  });
});

describe("a search", () => {
  it("can be used as the promise it stands for", async () => {
    const lab = await openLab();
    await lab.store.append({ _id: "e1" });
    const { client } = openClient(lab.url);
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    expect(Object.keys(await client.query_events({}).finally(settle))).toEqual(["e1"]);
    expect(isSettled).toBe(true);
    const caught = await client.query_events({ $bad: 1 }).catch((error) => (error as { code: string }).code);
    expect(caught).toBe("EVT_INVALID_SELECTOR");
    expectTypeOf(client.query_events()).toExtend<Promise<unknown>>();
  });

  it("has its time limit for finding out what kind of server it is too", async () => {
    const url = await scripted(() => {});
    const { client } = openClient(url, { timeouts: { dataMs: 150 } });
    const { code, message } = await failure(() => client.query_events({}));
    expect([code, message]).toEqual(["EVT_BACKEND_UNAVAILABLE", expect.stringContaining("within 150 ms")]);
  });

  it("gives its question only the time that finding out has left", async () => {
    const url = await scripted((request, response) => {
      if (request.url === "/live") setTimeout(() => sendJson(response, 200, { status: "alive" }), 400);
    });
    const { client } = openClient(url, { timeouts: { dataMs: 1000 } });
    const { message } = await failure(() => client.query_events({}));
    expect(Number(/POST \/v1\/events\/search: no answer from \S+ within (\d+) ms/.exec(message)?.[1])).toBeLessThan(
      700,
    );
  });

  it("is given up while it finds out what kind of server it is", async () => {
    const stop = new AbortController();
    const url = await scripted(() => stop.abort(new Error("enough")));
    const { client } = openClient(url);
    await expect(client.query_events({}, { signal: stop.signal })).rejects.toThrow("enough");
  });
});

describe("a report", () => {
  it("is typed as a text, an object, or either where the options leave it open", () => {
    type Result<O> = O extends Promise<infer R> ? R : never;
    const read = (client: EventClient, open: ReportOptions, csv: boolean) => ({
      none: client.get_session_utilization(),
      some: client.get_utilization_periods({ analysis_type: "daily" }),
      text: client.get_session_utilization({ csv: true }),
      object: client.get_user_utilization_report({ csv: false }),
      open: client.get_session_utilization(open),
      either: client.get_utilization_periods({ csv }),
    });
    type Read = ReturnType<typeof read>;
    expectTypeOf<Result<Read["none"]>>().toEqualTypeOf<Answered>();
    expectTypeOf<Result<Read["some"]>>().toEqualTypeOf<Answered>();
    expectTypeOf<Result<Read["text"]>>().toEqualTypeOf<string>();
    expectTypeOf<Result<Read["object"]>>().toEqualTypeOf<Answered>();
    expectTypeOf<Result<Read["open"]>>().toEqualTypeOf<string | Answered>();
    expectTypeOf<Result<Read["either"]>>().toEqualTypeOf<string | Answered>();
  });
});
