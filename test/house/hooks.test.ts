/** Test files share their modules (vitest.config.ts), so hooks at the top of a helper would only serve the first file. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

it("has no helper that registers hooks as it is loaded", () => {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "test"], {
    cwd: root,
    encoding: "utf8",
  });
  const helpers = listed.split("\n").filter((file) => /(?<!\.test)\.ts$/.test(file) && existsSync(join(root, file)));
  expect(helpers.length).toBeGreaterThan(20);
  const registers = /^(before|after)(Each|All)\(/m;
  expect(helpers.filter((file) => registers.test(readFileSync(join(root, file), "utf8")))).toEqual([]);
});
