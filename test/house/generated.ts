/** The generated files of schema/: what the sources make of them now. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { eventSchema } from "../../src/event/event.ts";
import { openApiDocument } from "../../src/rest/openapi.ts";
import { ROUTES } from "../../src/rest/routes.ts";

const root = resolve(import.meta.dirname, "../..");

interface Generated {
  /** Within the repository. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** What is there now. */
  readonly found: string | undefined;
}

export function generated(): Generated[] {
  const { $schema, ...schema } = z.toJSONSchema(eventSchema, { unrepresentable: "any" });
  const files = {
    "schema/event.schema.json": { $schema, title: "Event", ...schema },
    "schema/openapi.json": openApiDocument(ROUTES, { managerName: "EventManager", managerDescription: null }),
  };
  return Object.entries(files).map(([name, content]) => {
    const path = join(root, name);
    const found = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    return { name, path, text: `${JSON.stringify(content, null, 2)}\n`, found };
  });
}
