/** Request bodies: limits, gzip, what counts as JSON. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openServer } from "./server.ts";

const GZIP = { "content-encoding": "gzip" };
/** About 1 MB that gzip makes out of 1 KB. */
const bomb = (bytes: number) => gzipSync(`{"event_data":"${"a".repeat(bytes)}"}`);

it.each([
  ['{"a":1,}', 7],
  ["{} {}", 3],
  ['{"a":tru}', 8],
  ['[1,2,"x" 3]', 9],
  ["{", 1],
])("says where %s stops to be JSON", async (text, offset) => {
  await using server = await openServer();
  const { status, json } = await server.post("/event", text);
  expect([status, json.detail[0].type, json.detail[0].loc]).toEqual([422, "json_invalid", ["body", offset]]);
  expect(json.detail[0].ctx.error).not.toMatch(/position|"/);
});

it.each(["/event", "/events/query", "/events/archive", "/v1/events/search"])("unpacks gzip on %s", async (url) => {
  await using server = await openServer();
  const body = url === "/events/archive" ? { event_ids: ["x"] } : {};
  expect((await server.post(url, gzipSync(JSON.stringify(body)), GZIP)).status).toBe(200);
  const broken = await server.post(url, Buffer.from("not gzip"), GZIP);
  expect([broken.status, broken.text.includes("The body is not valid gzip data")]).toEqual([422, true]);
  const cut = await server.post(url, gzipSync("{}").subarray(0, 12), GZIP);
  expect(cut.status).toBe(422);
  expect((await server.post(url, "{}", { "content-encoding": "br" })).status).toBe(415);
});

it("stops a gzip bomb at the decompressed limit", async () => {
  await using server = await openServer();
  const small = await server.post("/event", bomb(900_000), GZIP);
  expect([small.status, small.json]).toEqual([
    413,
    { detail: "Request body is larger than 786432 bytes after decompression" },
  ]);
  const large = await server.post("/v1/events", bomb(50_000_000), GZIP);
  expect([large.status, large.json.type]).toEqual([413, "urn:madsci-events:problem:too-large"]);
});

it("takes an event whose text is escaped beyond ASCII, as Python writes it, by its own size", async () => {
  await using server = await openServer();
  const escaped = (count: number) => `{"event_data":"${"\\u00e9".repeat(count)}"}`;
  expect((await server.post("/event", escaped(120_000))).status).toBe(200); // 720 kB of escapes, an event of 240 kB
  expect((await server.post("/event", escaped(135_000))).status).toBe(413);
});

it("answers 413 for a body over its limit", async () => {
  await using server = await openServer({ limits: { bodyBytes: 1000, bulkBytes: 2000 } });
  const of = (bytes: number) => JSON.stringify({ event_data: "x".repeat(bytes - 17) });
  expect(of(1000)).toHaveLength(1000);
  expect((await server.post("/event", of(1000))).status).toBe(200);
  expect(await server.post("/event", of(1001))).toMatchObject({
    status: 413,
    json: { detail: "Request body is larger than 1000 bytes" },
  });
  expect((await server.post("/v1/events", of(2001))).status).toBe(413);
});

it("answers 413 for an event over the store's limits", async () => {
  await using server = await openServer({ storeOptions: { limits: { maxBytes: 500 } } });
  const { status, json } = await server.post("/event", { event_data: "x".repeat(600) });
  expect([status, typeof json.detail]).toEqual([413, "string"]);
});

it.each(["garbage", ";", "text", "application/", "application/json/x", "multipart/form-data; boundary=x"])(
  "takes the content type %j for something that is not JSON",
  async (type) => {
    await using server = await openServer();
    const { status, json } = await server.post("/event", "{}", { "content-type": type });
    expect([status, json.detail[0].type, json.detail[0].loc]).toEqual([422, "model_attributes_type", ["body"]]);
  },
);

describe("strange bodies", () => {
  it("are refused when they are nested a hundred thousand deep", async () => {
    await using server = await openServer();
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect((await server.post("/event", deep)).status).toBe(422);
    expect((await server.post("/v1/events/search", deep)).status).toBe(422);
    expect((await server.post("/events/query", `{"a":${deep}}`)).status).toBe(422);
    expect((await server.post("/v1/events", `{"event_data":${deep}}`)).status).toBe(413);
  });

  it("are read with a byte order mark and in UTF-8 only", async () => {
    await using server = await openServer();
    expect((await server.post("/event", "\ufeff{}")).status).toBe(200);
    const utf16 = await server.post("/event", Buffer.from("{}", "utf16le"));
    expect(utf16.status).toBe(422);
    const latin1 = await server.post("/event", Buffer.from('{"event_data":"é"}', "latin1"));
    expect(latin1.json.detail[0]).toMatchObject({ type: "unicode_error", loc: ["body"] });
  });

  it("are repeated in an error only up to a bound", async () => {
    await using server = await openServer();
    const { text } = await server.post("/event", { log_level: "x".repeat(100_000) });
    expect(text.length).toBeLessThan(3000);
  });
});
