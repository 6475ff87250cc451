/** Reports of a real server come out of a thread that reads the store for itself, and are what the library makes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { EventStore } from "../../src/index.ts";
import { periods, sessions, users, usersCsv } from "../../src/report/index.ts";
import { reportThread } from "../../src/rest/index.ts";
import { type Served, serve } from "../fault/server.ts";
import { mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { eventsOf } from "../report/golden.ts";

const DAY = { from: "2025-06-10T05:00:00Z", to: "2025-06-11T05:00:00Z" };
const WINDOW = `start_time=${DAY.from}&end_time=${DAY.to}`;

const ENGINES = [
  { name: "SQLite", skip: undefined, url: (folder: string) => `sqlite:${join(folder, "lab.db")}` },
  { name: "MongoDB", skip: mongoSkip, url: () => `${mongoUrl}${newDatabase()}` },
];

describe.each(ENGINES)("$name", ({ skip, url }) => {
  describe.skipIf(skip)("reports of serve", () => {
    const folder = mkdtempSync(join(tmpdir(), "madsci-report-thread-"));
    let served: Served;
    let made: { sessions: unknown; periods: unknown; csv: string };

    beforeAll(async () => {
      const place = url(folder);
      const store = await EventStore.open(place, { naiveTimezone: "UTC" });
      await store.append(eventsOf("a-single-workcell-day"));
      made = {
        sessions: await sessions(store, DAY),
        periods: await periods(store, { ...DAY, analysisType: "hourly", timezone: "Asia/Kathmandu" }),
        csv: [...usersCsv(await users(store, DAY))].join(""),
      };
      await store.close();
      served = await serve(place);
    }, 60_000);

    afterAll(async () => {
      await served?.end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    });

    const get = (path: string) => fetch(`${served.url}/utilization/${path}`);
    const sameBut = (report: unknown) =>
      JSON.parse(JSON.stringify(report), (key, value) => (key === "generated_at" ? "then" : value));

    it("are what the library makes, key by key", async () => {
      const text = await (await get(`sessions?${WINDOW}`)).text();
      expect(JSON.stringify(sameBut(JSON.parse(text)))).toBe(JSON.stringify(sameBut(made.sessions)));
      const hourly = await get(`periods?${WINDOW}&analysis_type=hourly&user_timezone=Asia/Kathmandu`);
      expect(JSON.stringify(sameBut(await hourly.json()))).toBe(JSON.stringify(sameBut(made.periods)));
    });

    it("are told as CSV", async () => {
      const csv = await (await get(`users?${WINDOW}&csv_format=true`)).text();
      const withoutDate = (text: string) => text.replace(/^Generated At,.*$/m, "");
      expect(withoutDate(csv)).toBe(withoutDate(made.csv));
    });

    it("know what has arrived since the last one", async () => {
      const workflow = {
        workflow_id: "w",
        name: "late",
        status: "completed",
        author: "Late Author",
        duration_seconds: 60,
      };
      const event = { event_type: "workflow_complete", event_timestamp: "2025-06-10T20:00:00Z", event_data: workflow };
      const headers = { "content-type": "application/json" };
      await fetch(`${served.url}/event`, { method: "POST", headers, body: JSON.stringify(event) });
      const { user_utilization } = (await (await get(`user?${WINDOW}`)).json()) as { user_utilization: object };
      expect(Object.keys(user_utilization)).toContain("Late Author");
    });

    it("are refused with the parameter's name", async () => {
      const answer = await get(`periods?${WINDOW}&user_timezone=Mars/Base`);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ detail: [{ loc: ["query", "user_timezone"], input: "Mars/Base" }] });
      const mild = await get(`sessions?start_time=2025-02-01&end_time=2025-01-01&strict=false`);
      expect([mild.status, await mild.json()]).toEqual([
        200,
        { error: expect.stringContaining("the start of the window must be before its end") },
      ]);
    });
  });
});

describe("a thread", () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-report-thread-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = { url: "sqlite:none.db", options: {} };
  const wish = { at: new Date() };

  it("that dies fails what it had, and the next report gets another", async () => {
    const file = join(folder, "dying.mjs");
    const code = `import { parentPort } from "node:worker_threads";
parentPort.postMessage("ready");
parentPort.on("message", ({ do: what, id }) => {
  if (what === "stop") return;
  if (id === 1 || what === "next") process.exit(1);
  parentPort.postMessage({ id, savedName: "made" });
});`;
    writeFileSync(file, code);
    const reporter = reportThread(start, file);
    const { signal } = new AbortController();
    const died = { code: "EVT_BACKEND_UNAVAILABLE", retryable: true };
    await expect(reporter?.make("users", "json", wish, signal)).rejects.toMatchObject(died);
    const [made, another] = [
      await reporter?.make("users", "json", wish, signal),
      await reporter?.make("users", {}, wish, signal),
    ];
    expect(made?.savedName).toBe("made");
    // The rest of a text is not missed silently: neither of the one that was asked for, nor of one asked for later.
    await expect(made?.pieces.next()).rejects.toMatchObject(died);
    await expect(another?.pieces.next()).rejects.toMatchObject(died);
  });

  it("is told when nobody waits any more", async () => {
    const file = join(folder, "silent.mjs");
    const code = `import { parentPort } from "node:worker_threads";
parentPort.postMessage("ready");
let told = "nothing";
parentPort.on("message", (request) => {
  if (request.do === "stop") told = request.id;
  if (request.do === "stop") parentPort.postMessage({ id: request.id, error: { message: "stopped", issues: [] } });
  else if (request.name === "users") parentPort.postMessage({ id: request.id, savedName: \`told of \${told}\` });
  else if (request.do === "next") parentPort.postMessage({ id: request.id, piece: "text" });
});`;
    writeFileSync(file, code);
    const reporter = reportThread(start, file);
    const stop = new AbortController();
    const making = reporter?.make("sessions", "json", wish, stop.signal);
    await setImmediate(); // asked for now
    stop.abort(new Error("gone"));
    await expect(making).rejects.toThrow("gone");
    const { signal } = new AbortController();
    await expect(reporter?.make("users", "json", wish, signal)).resolves.toMatchObject({ savedName: "told of 1" });
  });

  it("is told when nobody reads the rest of a text", async () => {
    const reporter = reportThread(start, join(folder, "silent.mjs"));
    const { signal } = new AbortController();
    const made = await reporter?.make("users", "json", wish, signal);
    expect(await made?.pieces.next()).toEqual({ done: false, value: "text" });
    await made?.pieces.return(undefined);
    await expect(reporter?.make("users", "json", wish, signal)).resolves.toMatchObject({ savedName: "told of 1" });
  });

  it("ends a text with the signal's reason", async () => {
    const reporter = reportThread(start, join(folder, "silent.mjs"));
    const stop = new AbortController();
    const made = await reporter?.make("users", "json", wish, stop.signal);
    await made?.pieces.next();
    stop.abort(new Error("too slow"));
    await expect(made?.pieces.next()).rejects.toThrow("too slow");
  });

  it("is asked for the next report when it is done with the last one, also where nobody waits for that", async () => {
    const file = join(folder, "busy.mjs");
    const code = `import { parentPort } from "node:worker_threads";
parentPort.postMessage("ready");
const told = [];
parentPort.on("message", ({ do: what, id }) => {
  if (what !== "make") return;
  told.push(\`begun \${id}\`);
  setTimeout(() => {
    told.push(\`done \${id}\`);
    parentPort.postMessage({ id, savedName: told.join() });
  }, id === 1 ? 300 : 0);
});`;
    writeFileSync(file, code);
    const reporter = reportThread(start, file);
    const stop = new AbortController();
    const { signal } = new AbortController();
    const [first, second] = [1, 2].map(() => reporter?.make("users", "json", wish, stop.signal));
    const third = reporter?.make("users", "json", wish, signal);
    setTimeout(() => stop.abort(new Error("gone")), 50);
    await expect(first).rejects.toThrow("gone");
    await expect(second).rejects.toThrow("gone");
    // The second was given up before its turn: the thread never hears of it.
    await expect(third).resolves.toMatchObject({ savedName: "begun 1,done 1,begun 3,done 3" });
  });

  it("is not there where its file is not", () => {
    expect(reportThread(start, join(folder, "none.js"))).toBeUndefined();
  });
});

it("a report for which there is too little memory is refused, and the server goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-report-thread-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const place = `sqlite:${join(folder, "lab.db")}`;
  const name = "x".repeat(200_000);
  const done = { event_type: "workflow_complete", event_timestamp: "2025-01-01T05:00:00Z", source: {} };
  const store = await EventStore.open(place);
  for (let n = 0; n < 300; n++)
    await store.append([{ ...done, event_data: { workflow_id: `F${n}`, name: n + name, status: "completed" } }]);
  await store.close();
  const served = await serve(place, { nodeFlags: ["--max-old-space-size=48"] });
  onTestFinished(async () => void (await served.end("SIGKILL")));
  const url = `${served.url}/utilization/users?start_time=2025-01-01`;
  const refused = await fetch(url);
  const words = "There is too little memory for this report; one of a shorter window takes less";
  expect([refused.status, await refused.json()]).toEqual([503, { detail: words }]);
  expect(served.output()).toMatch(/GET \/utilization\/users: .*the thread that makes reports ended/);
  const headers = { "content-type": "application/json" };
  const stored = await fetch(`${served.url}/event`, { method: "POST", headers, body: '{"event_data":1}' });
  expect(stored.status).toBe(200);
  expect((await fetch(`${served.url}/utilization/users?start_time=2020-01-01`)).status).toBe(200);
  expect((await served.end("SIGTERM")).code).toBe(0);
}, 120_000);
