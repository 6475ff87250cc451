import { describe, expect, it } from "vitest";
import type { EventClient, StoredEvent } from "../../src/client/index.ts";
import { failure, KINDS, openClient, openLab, scripted, sendJson } from "./setup.ts";

const NO_EVENT_SERVER = "answers, but not as an event server";
const at = (n: number) => `2025-01-01T00:00:${String(n).padStart(2, "0")}Z`;

async function open(kind: (typeof KINDS)[number], count = 12) {
  const lab = await openLab(kind);
  await lab.store.append(
    Array.from({ length: count }, (_, n) => ({
      _id: `e${String(n).padStart(4, "0")}`,
      event_type: n % 2 ? "node_start" : "test",
      log_level: n % 3 === 0 ? 40 : 20,
      event_timestamp: at(n % 60),
      event_data: { n },
    })),
  );
  return { lab, client: openClient(lab.url).client };
}

const idsOf = (events: Record<string, unknown>) => Object.keys(events);

describe.each(KINDS)("reading from a %s server", (kind) => {
  it("gets one event, and undefined for an id nobody has", async () => {
    const { client } = await open(kind);
    expect(await client.get_event("e0003")).toMatchObject({ _id: "e0003", event_data: { n: 3 }, trace_id: null });
    expect(await client.getEvent("nobody")).toBeUndefined();
    expect((await failure(() => client.get_event(""))).code).toBe("EVT_INVALID_OPTION");
  });

  it("lists the newest by id, the newest first, from the client's own level on", async () => {
    const { client, lab } = await open(kind);
    expect(idsOf(await client.get_events(3))).toEqual(["e0011", "e0010", "e0009"]);
    expect(idsOf(await client.get_events(3, "error"))).toEqual(["e0009", "e0006", "e0003"]);
    await lab.store.append({ _id: "quiet", log_level: 10 });
    expect(idsOf(await client.get_events())).toContain("quiet");
    const { client: strict } = openClient(lab.url, { log_level: "info" });
    expect(idsOf(await strict.get_events())).not.toContain("quiet");
    expect(idsOf(await strict.getEvents({ number: 1, level: 0 }))).toEqual(["quiet"]);
    const some = { number: 2, offset: 1, start_time: at(1), end_time: at(6) };
    expect(idsOf(await client.get_events(some))).toEqual(["e0005", "e0004"]);
    for (const bad of [-1, { count: 5 }]) {
      expect((await failure(() => client.get_events(bad as number))).code).toBe("EVT_INVALID_OPTION");
    }
    expect((await failure(() => client.get_events(1, "loud"))).message).toContain("level");
  });

  it("searches: as a dictionary, one by one, and page by page", async () => {
    const { client } = await open(kind);
    const selector = { "event_data.n": { $gte: 4 } };
    const all = ["e0011", "e0010", "e0009", "e0008", "e0007", "e0006", "e0005", "e0004"];
    expect(idsOf(await client.query_events(selector))).toEqual(all);
    const seen: string[] = [];
    for await (const { _id } of client.queryEvents(selector, { pageSize: 3 })) seen.push(_id);
    expect(seen).toEqual(all);
    const pages: number[] = [];
    for await (const page of client.query_events(selector, { pageSize: 3, limit: 7 }).pages()) pages.push(page.length);
    expect(pages).toEqual([3, 3, 1]);
    const rest = { from: at(5), to: new Date(at(7)), order: "oldest", fields: ["event_data"] } as const;
    expect(await client.query_events(selector, rest).toArray()).toEqual(
      [5, 6, 7].map((n) => ({ _id: `e000${n}`, event_data: { n } })),
    );
    expect(await client.query_events({ event_type: "nothing" })).toEqual({});
  });

  it("leaves archived events out unless they are asked for", async () => {
    const { client } = await open(kind);
    await client.archive_events({ event_ids: ["e0001", "e0002", "nobody"] });
    expect(await client.count_events()).toBe(10);
    expect(await client.countEvents({}, { includeArchived: true })).toBe(12);
    expect(idsOf(await client.query_events({ archived: true }))).toEqual(["e0002", "e0001"]);
  });

  it("archives by id, by age and by selector, however many they are, and purges", async () => {
    const { client, lab } = await open(kind, 2300);
    const ids = Array.from({ length: 2100 }, (_, n) => `e${String(n).padStart(4, "0")}`);
    expect(await client.archive_events({ event_ids: ids })).toEqual({ archived_count: 2100 });
    expect(await client.archive_events({ selector: { log_level: 40 } })).toEqual({ archived_count: 67 });
    expect(await client.archive_events({ before_date: new Date("2026-01-01") })).toEqual({ archived_count: 133 });
    expect(await client.purge_events()).toEqual({ deleted_count: 0 });
    expect(await client.purgeEvents({ older_than_days: 0 })).toEqual({ deleted_count: 2300 });
    expect(await lab.store.count({ includeArchived: true })).toBe(0);
  });

  it("names path and operator of a selector nobody accepts, and changes nothing", async () => {
    const { client, lab } = await open(kind);
    const bad = { event_data: { $where: "1" } };
    for (const work of [() => client.query_events(bad), () => client.archive_events({ selector: bad })]) {
      const { code, message } = await failure(work);
      expect([code, message]).toEqual(["EVT_INVALID_SELECTOR", expect.stringContaining("$where")]);
    }
    for (const request of [{}, { event_ids: ["a"], selector: {} }, { ids: ["a"] }])
      expect((await failure(() => client.archive_events(request as never))).code).toBe("EVT_INVALID_OPTION");
    expect((await failure(() => client.purge_events({ older_than_days: -1 }))).code).toBe("EVT_INVALID_OPTION");
    expect((await failure(async () => client.query_events({}, { size: 5 } as never))).message).toContain('"size"');
    expect((await failure(async () => client.query_events({}, { pageSize: 5000 }))).message).toContain("pageSize");
    expect(await lab.store.count()).toBe(12);
  });

  it("tells health and settings", async () => {
    const { client } = await open(kind);
    expect(await client.health()).toMatchObject({ healthy: true, db_connected: true });
    expect(await client.settings({ include_defaults: false })).toHaveProperty("settings");
  });
});

describe("what kind of server it is", () => {
  it("is asked once", async () => {
    const { client, lab } = await open("v1");
    for (let n = 0; n < 3; n++) await client.query_events({});
    expect(lab.requests.filter((request) => request === "GET /live")).toHaveLength(1);
  });

  it("is asked again when the server is another one now", async () => {
    let isOurs = true;
    const url = await scripted((request, response, body) => {
      const path = String(request.url);
      if (isOurs && path === "/live") return sendJson(response, 200, { status: "alive" });
      if (isOurs && path === "/v1/events/search") return sendJson(response, 200, { events: [], cursor: null });
      if (path === "/events/query") return sendJson(response, 200, { a: { _id: "a", asked: JSON.parse(body) } });
      return sendJson(response, 404, { detail: "Not Found" });
    });
    const { client } = openClient(url);
    expect(await client.query_events({})).toEqual({});
    isOurs = false;
    expect(await client.query_events({ event_type: "test" })).toMatchObject({ a: { asked: { event_type: "test" } } });
  });
});

describe("reports", () => {
  const asked: string[] = [];
  const reports = (client: EventClient) => [
    client.get_session_utilization({ start_time: at(0), csv: true }),
    client.get_utilization_periods({ analysis_type: "daily", include_users: true }),
    client.get_user_utilization_report({ end_time: at(1) }),
    client.create_backup("before the move"),
    client.get_backup_status(),
  ];

  it("ask MADSci's routes with its parameters; CSV comes as text", async () => {
    const url = await scripted((request, response, body) => {
      asked.push(`${request.method} ${request.url} ${body}`.trim());
      if (!String(request.url).includes("csv_format=true")) return sendJson(response, 200, { ok: true });
      response.writeHead(200, { "content-type": "text/csv" }).end("a,b\n1,2\n");
    });
    const answers = await Promise.all(reports(openClient(url).client));
    expect(answers).toEqual(["a,b\n1,2\n", { ok: true }, { ok: true }, { ok: true }, { ok: true }]);
    expect(asked.sort()).toEqual([
      "GET /backup/status",
      "GET /utilization/periods?analysis_type=daily&include_users=true",
      `GET /utilization/sessions?start_time=${encodeURIComponent(at(0))}&csv_format=true`,
      `GET /utilization/user?end_time=${encodeURIComponent(at(1))}`,
      'POST /backup {"description":"before the move"}',
    ]);
  });

  it("are what the server makes of its events, as asked", async () => {
    const lab = await openLab();
    const { client } = openClient(lab.url);
    const told = (event_type: string, n: number, id: string) => ({
      event_type,
      event_timestamp: at(n),
      event_data: { experiment_id: id, experiment: { experiment_design: { experiment_name: `name of ${id}` } } },
    });
    await lab.store.append(["a", "b", "c"].map((id, n) => told("experiment_start", n, id)));
    const all = await client.get_session_utilization({ start_time: at(0), end_time: at(9) });
    expect(all.overall_summary).toMatchObject({ total_experiments: 3 });
    await lab.store.archive({ selector: { "event_data.experiment_id": "a" } });
    const fewer = await client.get_session_utilization({ start_time: at(0), include_archived: false });
    expect(fewer.overall_summary).toMatchObject({ total_experiments: 2 });
    const page = { experiments_limit: 1, experiments_offset: 1 };
    const { experiment_details } = await client.get_utilization_periods({ start_time: at(0), ...page });
    expect(experiment_details).toMatchObject({ total_experiments: 3, experiments: [{ experiment_id: "b" }] });
    const csv = await client.get_user_utilization_report({ csv: true, formula_guard: false });
    expect(csv).toMatch(/^=== DETAILED USER UTILIZATION REPORT ===\r\n/);
    const refused = await failure(() => client.get_utilization_periods({ user_timezone: "Mars" }));
    expect(refused.message).toContain('user_timezone "Mars" is not a known IANA time zone');
    const misspelt = () => client.get_session_utilization({ experiments_limit: 1 } as never);
    expect((await failure(misspelt)).code).toBe("EVT_INVALID_OPTION");
  });

  it("say in the server's words that it has no such route", async () => {
    const url = await scripted((_request, response) => sendJson(response, 404, { detail: "Not Found" }));
    const failures = await Promise.all(reports(openClient(url).client).map((report) => failure(() => report)));
    for (const { code, message } of failures) {
      const words = expect.stringMatching(/^(GET|POST) \/\w+.*: HTTP 404: Not Found$/);
      expect([code, message]).toEqual(["EVT_INVALID_OPTION", words]);
    }
  });
});

describe("a server that is no event server", () => {
  const FOREIGN = [{}, { hello: "world" }, { data: { _id: 5 } }, [], [{ _id: "a" }], null, "ok", 5];
  const reads: readonly [string, (client: EventClient) => unknown][] = [
    ["query_events", (client) => client.query_events({}).toArray()],
    ["count_events", (client) => client.count_events()],
    ["archive_events by id", (client) => client.archive_events({ event_ids: ["a"] })],
    ["archive_events by selector", (client) => client.archive_events({ selector: {} })],
    ["purge_events", (client) => client.purge_events()],
    ["get_event", (client) => client.get_event("a")],
  ];

  it.each(reads)("is no success of %s, whatever JSON it answers", async (_name, read) => {
    for (const answer of FOREIGN) {
      const url = await scripted((_request, response) => sendJson(response, 200, answer));
      const { code, message } = await failure(() => read(openClient(url).client));
      expect([code, message]).toEqual(["EVT_BACKEND_UNAVAILABLE", expect.stringContaining(NO_EVENT_SERVER)]);
    }
  });

  it.each(["v1", "madsci"])("is not taken for one because it looks like %s's at first", async (kind) => {
    for (const answer of [{ hello: "world" }, { events: {} }, { events: [{ id: 1 }] }, { events: [], cursor: 5 }, []]) {
      const url = await scripted((request, response) => {
        if (request.url !== "/live") return sendJson(response, 200, answer);
        return kind === "v1" ? sendJson(response, 200, { status: "alive" }) : sendJson(response, 404, {});
      });
      const { client } = openClient(url);
      for (const read of [() => client.count_events(), () => client.query_events({}, { fields: ["alert"] }).toArray()])
        expect((await failure(read)).message).toContain(NO_EVENT_SERVER);
    }
  });

  it("is not asked for the same page for ever", async () => {
    const url = await scripted((request, response) =>
      sendJson(response, 200, request.url === "/live" ? { status: "alive" } : { events: [], cursor: "same" }),
    );
    expect((await failure(() => openClient(url).client.count_events())).message).toContain(NO_EVENT_SERVER);
  });

  it("has no list of events and no reports", async () => {
    for (const answer of [[], "ok", null]) {
      const url = await scripted((_request, response) => sendJson(response, 200, answer));
      const { client } = openClient(url);
      for (const read of [
        () => client.get_events(),
        () => client.health(),
        () => client.settings(),
        () => client.create_backup(),
        () => client.get_backup_status(),
        () => client.get_user_utilization_report(),
        () => client.get_user_utilization_report({ csv: true }),
      ])
        expect((await failure(read)).message).toContain(NO_EVENT_SERVER);
    }
  });
});

describe("events of an old server", () => {
  it("have every field, whatever their document lacks, and keep large integers", async () => {
    const url = await scripted((request, response) => {
      if (request.url === "/live") return sendJson(response, 404, {});
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"a":{"_id":"a","event_data":{"big":12345678901234567890}}}');
    });
    const events = (await openClient(url).client.query_events({})) as Record<string, StoredEvent>;
    expect(events.a).toEqual({
      _id: "a",
      event_type: "unknown",
      log_level: 20,
      alert: false,
      event_timestamp: "",
      source: {},
      event_data: { big: 12345678901234567890n },
      trace_id: null,
      span_id: null,
      archived: false,
      archived_at: null,
      received_at: null,
      skew_ms: null,
    });
  });
});
