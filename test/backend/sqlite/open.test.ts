import { join } from "node:path";
import { expect, test } from "vitest";
import { openBackend, redactUrl } from "../../../src/backend/open.ts";
import { folder, OPTIONS } from "./setup.ts";

test.each(["sqlite:", "sqlite://"])("a path behind %s opens that file", async (scheme) => {
  const path = join(folder(), "a b%20c.db");
  const backend = await openBackend(`${scheme}${path}`, OPTIONS);
  await expect(openBackend(`sqlite:${path}`, OPTIONS)).rejects.toThrow(`${path} is already open`);
  await backend.close();
});

test.each(["memory:", "sqlite::memory:"])("each %s is a store of its own", async (url) => {
  const [one, other] = [await openBackend(url, OPTIONS), await openBackend(url, OPTIONS)];
  expect([one.kind, await other.estimate()]).toEqual(["sqlite", 0]);
  await one.close();
  await other.close();
});

test.each(["postgres://me:secret@host/db", "events.db", "sqlite:", ""])(
  "refuses %j by naming what is accepted",
  async (url) => {
    const refusal = openBackend(url, OPTIONS);
    await expect(refusal).rejects.toMatchObject({
      code: "EVT_INVALID_OPTION",
      message: expect.stringContaining("sqlite:"),
    });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  },
);

test("a URL is shown without user and password, however they are written", () => {
  expect(redactUrl("mongodb://me:p@ss/w?rd@host:1/db")).toBe("mongodb://host:1/db");
  expect(redactUrl("mongodb+srv://me@host/db?x=1")).toBe("mongodb+srv://host/db?x=1");
  expect(redactUrl("mongodb://host/db")).toBe("mongodb://host/db");
});
