/** Which pages of the web may change alerts. */
import { expect, it } from "vitest";
import { fakeDesk, incident } from "./fake-desk.ts";
import { openServer } from "./server.ts";

const EVIL = "http://evil.test";
const CHANGES = [
  ["POST", "/v1/incidents/g.1/acknowledge"],
  ["POST", "/v1/incidents/g.1/resolve"],
  ["POST", "/v1/silences"],
  ["DELETE", "/v1/silences/s0"],
  ["POST", "/v1/notifications/n/retry"],
  ["POST", "/v1/alerts/test"],
  ["POST", "/v1/alerts/verify"],
  ["POST", "/v1/%69ncidents/g.1/resolve"],
] as const;

const open = (corsOrigins?: readonly string[]) => {
  const alerts = fakeDesk({ incidents: [incident("g.1")] });
  return { alerts, opened: openServer({ alerts, ...(corsOrigins && { corsOrigins }) }) };
};
const GOOD = JSON.stringify({ by: "Ada" });

it.each(CHANGES)("a page of anybody may not %s %s", async (method, url) => {
  const { alerts, opened } = open();
  await using server = await opened;
  for (const origin of [EVIL, "null", "http://localhost.evil.test"]) {
    const headers = { origin, "content-type": "text/plain" };
    const answer = await server.send({ method, url, headers, payload: GOOD });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    expect(answer.json.detail).toContain("cors_origins");
    const asking = { origin, "access-control-request-method": method };
    const preflight = await server.send({ method: "OPTIONS", url, headers: asking });
    expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();
  }
  expect(alerts.asked).toEqual([]);
});

it("a page of anybody may read alerts, and send events", async () => {
  await using server = await open().opened;
  const headers = { origin: EVIL };
  for (const url of ["/v1/incidents", "/v1/incidents/g.1", "/v1/silences"])
    expect((await server.get(url, headers)).headers["access-control-allow-origin"]).toBe("*");
  const stored = await server.post("/v1/events", { event_type: "test" }, headers);
  expect([stored.status < 300, stored.headers["access-control-allow-origin"]]).toEqual([true, "*"]);
  const asking = { origin: EVIL, "access-control-request-method": "GET" };
  const preflight = await server.send({ method: "OPTIONS", url: "/v1/incidents/g.1", headers: asking });
  expect(preflight.headers["access-control-allow-origin"]).toBe("*");
});

it.each([
  ["an origin named in the options", ["*", EVIL], { origin: EVIL }, EVIL],
  ["an origin named alone", [EVIL], { origin: EVIL }, EVIL],
  ["a page of the server", ["*"], { origin: "https://lab.test:8001", host: "Lab.test:8001" }, undefined],
  [
    "a page of the server behind a proxy",
    ["*"],
    { origin: "https://lab.test", "sec-fetch-site": "same-origin" },
    undefined,
  ],
  ["a program", ["*"], {}, undefined],
])("%s may change alerts", async (_what, corsOrigins, headers, allowed) => {
  const { alerts, opened } = open(corsOrigins);
  await using server = await opened;
  const { status, headers: got } = await server.post("/v1/incidents/g.1/resolve", GOOD, headers);
  expect([status, got["access-control-allow-origin"]]).toEqual([200, allowed]);
  expect(alerts.asked).toHaveLength(1);
});

it("the button behind a link works, whose page sends the origin null", async () => {
  await using server = await open().opened;
  const headers = { origin: "null", "content-type": "application/x-www-form-urlencoded" };
  const { status, text } = await server.post("/v1/incidents/g.1/act", "token=nope", headers);
  expect([status, text.includes("This link does not work")]).toEqual([403, true]);
});
