// node test/house/generate.mjs [--check]    Writes the generated files of schema/; with --check only compares (exit 1).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import "../bench/typescript.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const check = process.argv.includes("--check");

const { eventSchema } = await import("../../src/event/event.ts");
const { openApiDocument } = await import("../../src/rest/openapi.ts");
const { ROUTES } = await import("../../src/rest/routes.ts");

const { $schema, ...schema } = z.toJSONSchema(eventSchema, { unrepresentable: "any" });
const files = {
  "schema/event.schema.json": { $schema, title: "Event", ...schema },
  "schema/openapi.json": openApiDocument(ROUTES, { managerName: "EventManager", managerDescription: null }),
};

for (const [name, content] of Object.entries(files)) {
  const path = join(root, name);
  const text = `${JSON.stringify(content, null, 2)}\n`;
  const same = existsSync(path) && readFileSync(path, "utf8") === text;
  if (!same && !check) writeFileSync(path, text);
  if (!same && check) process.exitCode = 1;
  console.log(`${name} ${same ? "is up to date" : check ? "differs from the sources: npm run generate" : "written"}`);
}
