/** The OpenAPI document describes the routes there are, and every reference in it leads somewhere. */
import { expect, it } from "vitest";
import { openServer } from "./server.ts";

it("is served with the manager's name, without scanning the store", async () => {
  await using server = await openServer({ managerName: "Lab 7" });
  const { json } = await server.get("/openapi.json");
  expect(json.openapi).toBe("3.1.0");
  expect(json.info).toEqual({ title: "Lab 7", description: "Lab 7 Manager", version: "0.1.0" });
});

it("names only operations that are answered", async () => {
  await using server = await openServer();
  const { paths } = (await server.get("/openapi.json")).json;
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(["/event", "/event/{event_id}", "/v1/events", "/ready", "/docs"]),
  );
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations as object)) {
      const url = path.replace(/\{\w+\}/, "none");
      const headers = url.endsWith("/stream") ? { "last-event-id": "?" } : {}; // a refusal instead of no end
      const { status, json } = await server.send({ method: method.toUpperCase() as "GET", url, headers });
      expect(status, `${method} ${path}`).not.toBe(405);
      expect(json?.detail, `${method} ${path}`).not.toBe("Not Found");
    }
  }
});

it("has no dangling reference and no operation id twice", async () => {
  await using server = await openServer();
  const { text, json } = await server.get("/openapi.json");
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] ?? "");
  expect(references.length).toBeGreaterThan(10);
  for (const name of references) expect(json.components.schemas).toHaveProperty(name);
  expect(text).not.toContain("$defs");
  const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map((match) => match[1]);
  expect(new Set(ids).size).toBe(ids.length);
});
