/** The generated schema files are what the sources generate now. */
import { expect, it } from "vitest";
import { generated } from "./generated.ts";

it("has schema files equal to what the sources generate", () => {
  const files = generated();
  expect(files.map(({ name }) => name)).toEqual(["schema/event.schema.json", "schema/openapi.json"]);
  for (const { name, text, found } of files) expect(found, `${name}: npm run generate writes it`).toBe(text);
});
