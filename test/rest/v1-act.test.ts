/** The pages behind action links: GET changes nothing, POST does it once, forged links do nothing. */
import { expect, it } from "vitest";
import { actionToken } from "../../src/alert/links.ts";
import { EventStoreError } from "../../src/errors.ts";
import { fakeDesk, incident, SECRET } from "./fake-desk.ts";
import { openServer, type TestServer } from "./server.ts";

const NOW = Date.parse("2026-01-01T10:31:00Z");
const FORM = { "content-type": "application/x-www-form-urlencoded" };
type Action = "acknowledge" | "silence_1h" | "silence_8h";

const tokenFor = (action: Action, incident_id = "g.1", expiresMs = NOW + 1) =>
  actionToken(SECRET, { incident_id, action, expiresMs });
const pathOf = (token: string, id = "g.1") => `/v1/incidents/${id}/act?token=${token}`;

function setUp(fields = {}) {
  return fakeDesk({ incidents: [incident("g.1", fields), incident("g.2")], nowMs: () => NOW });
}

function sample(text: string) {
  const at = "2026-01-01T10:00:00.000Z";
  const event = { _id: text, event_type: text, message: text, event_timestamp: at, received_at: at };
  return { ...event, log_level: 40, source: {}, event_data: null, alert: false, trace_id: null, span_id: null };
}

/** What a browser sends when the button of this page is pressed. */
async function press(server: TestServer, page: { text: string }, by = "") {
  const token = /name="token" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
  expect(page.text).toContain('<form method="post" action="act"');
  return server.post("/v1/incidents/g.1/act", new URLSearchParams({ token, by }).toString(), FORM);
}

it.each([
  ["acknowledge", "Acknowledge?", "Acknowledged"],
  ["silence_1h", "Silence for 1 hour?", "Silenced for 1 hour"],
  ["silence_8h", "Silence for 8 hours?", "Silenced for 8 hours"],
] as const)("asks before %s, does it at the click, and does it once", async (action, question, answer) => {
  const alerts = setUp();
  await using server = await openServer({ alerts });
  const changes = () => alerts.asked.filter(([name]) => name === "acknowledge" || name === "silence").length;
  const page = await server.get(pathOf(tokenFor(action)));
  expect([page.status, page.text.includes(`<title>${question}</title>`)]).toEqual([200, true]);
  await server.send({ method: "HEAD", url: pathOf(tokenFor(action)) });
  expect(changes()).toBe(0);
  for (const by of ["Ada", "Grace"]) {
    const done = await press(server, page, by);
    expect([done.status, done.text.includes(`<title>${answer}</title>`)]).toEqual([200, true]);
  }
  expect(changes()).toBe(1);
  expect(JSON.stringify(alerts.asked)).toContain('"Ada"');
  expect((await server.get(pathOf(tokenFor(action)))).text).toContain(`<title>${answer}</title>`);
});

it("does not say who clicked where no name was given", async () => {
  const alerts = setUp();
  await using server = await openServer({ alerts });
  await press(server, await server.get(pathOf(tokenFor("acknowledge"))));
  expect(alerts.held.get("g.1")?.acknowledged_by).toBe("a link in a message");
});

it("says so when the incident is over already", async () => {
  await using server = await openServer({ alerts: setUp({ state: "closed" }) });
  expect((await server.get(pathOf(tokenFor("acknowledge")))).text).toContain("It is over already");
});

it.each([
  ["no token", ""],
  ["a forged one", `${tokenFor("acknowledge").slice(0, -1)}!`],
  ["an expired one", tokenFor("acknowledge", "g.1", NOW)],
  ["one of another incident", tokenFor("acknowledge", "g.2")],
  ["one of an incident that is gone", tokenFor("acknowledge", "gone.1")],
])("refuses %s with a page, and does nothing", async (_what, token) => {
  const alerts = setUp();
  await using server = await openServer({ alerts });
  const shown = await server.get(pathOf(token));
  const done = await server.post("/v1/incidents/g.1/act", `token=${encodeURIComponent(token)}`, FORM);
  for (const { status, text, headers } of [shown, done]) {
    expect([status, text.includes("This link does not work")]).toEqual([403, true]);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  }
  expect(alerts.asked).toEqual([]);
});

it("refuses a name nobody can be shown, and an empty form", async () => {
  const alerts = setUp();
  await using server = await openServer({ alerts });
  const post = (form: Record<string, string>) =>
    server.post("/v1/incidents/g.1/act", new URLSearchParams(form).toString(), FORM);
  const token = tokenFor("acknowledge");
  expect((await post({ token, by: "x".repeat(201) })).status).toBe(422);
  expect((await post({ token, by: "a\r\nb" })).status).toBe(422);
  expect((await post({ token, by: "\u200b\u2060" })).status).toBe(422);
  expect((await server.post("/v1/incidents/g.1/act", undefined, FORM)).status).toBe(403);
  expect(alerts.asked).toEqual([]);
});

it("says on a page what alerts refuse", async () => {
  const alerts = fakeDesk({
    ...{ incidents: [incident("g.1")], nowMs: () => NOW },
    but: { silence: () => Promise.reject(new EventStoreError("EVT_INVALID_SELECTOR", "selector: <b> is refused")) },
  });
  await using server = await openServer({ alerts });
  const { status, text, headers } = await press(server, await server.get(pathOf(tokenFor("silence_1h"))));
  expect([status, headers["content-type"]]).toEqual([422, "text/html; charset=utf-8"]);
  expect(text).toContain("selector: &lt;b&gt; is refused");
});

it("shows hostile texts as text", async () => {
  const hostile = `</dd><script>alert(1)</script>"'\u202e\u0000 x`;
  const labels = { "source.node_id": hostile, event_type: hostile, "event_data.name": hostile };
  await using server = await openServer({ alerts: setUp({ labels, rule: hostile, assignee: hostile }) });
  const { text } = await server.get(pathOf(tokenFor("silence_1h")));
  expect(text).not.toMatch(/<script|\u202e|\u0000|"'/);
  expect(text).toContain("&lt;/dd&gt;&lt;script&gt;");
});

it("shows an incident as a page to browsers, and as JSON to programs", async () => {
  const hostile = "</p><script>alert(1)</script>";
  const comments = [{ at: "2026-01-01T10:00:00.000Z", by: hostile, text: hostile }];
  await using server = await openServer({ alerts: setUp({ comments, reason: hostile, samples: [sample(hostile)] }) });
  const page = await server.get("/v1/incidents/g.1", { accept: "text/html,*/*;q=0.8" });
  expect(page.headers).toMatchObject({ "content-type": "text/html; charset=utf-8", vary: "Accept" });
  expect(page.text).toMatch(/2026-01-01 10:00:00 UTC/);
  expect(page.text).not.toMatch(/<script|<form/);
  expect(page.text.match(/&lt;\/p&gt;&lt;script/g)?.length).toBeGreaterThanOrEqual(5);
  const json = await server.get("/v1/incidents/g.1", { accept: "*/*" });
  expect(json.headers["content-type"]).toMatch(/^application\/json/);
  expect((await server.get("/v1/incidents/nope", { accept: "text/html" })).json.status).toBe(404);
});

it("lets nothing run, be loaded, be framed or be kept", async () => {
  await using server = await openServer({ alerts: setUp() });
  const { headers, text } = await server.get(pathOf(tokenFor("acknowledge")));
  expect(headers["content-security-policy"]).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  );
  expect(headers).toMatchObject({
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  });
  expect(text).not.toMatch(/<script|<img|<link|\son\w+=|\sstyle=|https?:/);
});
