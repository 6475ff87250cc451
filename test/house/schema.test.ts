/** The generated schema files are what the sources generate now. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

it("has schema files equal to what the sources generate", () => {
  const check = [join(root, "test/house/generate.mjs"), "--check"];
  const { status, stdout, stderr } = spawnSync(process.execPath, check, { cwd: root, encoding: "utf8" });
  expect(status, `${stdout}${stderr} (npm run generate writes them)`).toBe(0);
});
