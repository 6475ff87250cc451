/** A file is about 100 lines and never over 300, everywhere. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
/** Data taken over from elsewhere, kept as it came. */
const DATA = /^test\/data\//;

it("has no source file over 300 lines", () => {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" }).split(
    "\n",
  );
  const files = listed.filter(
    (file) => /\.(ts|mjs|js|go)$/.test(file) && !DATA.test(file) && existsSync(join(root, file)),
  );
  expect(files.length).toBeGreaterThan(50);
  const long = files
    .map((file) => [file, readFileSync(join(root, file), "utf8").split("\n").length - 1] as const)
    .filter(([, lines]) => lines > 300);
  expect(long).toEqual([]);
});

it("keeps machine paths and registry hosts out of the repository", () => {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" }).split(
    "\n",
  );
  const registry = ["registry", "npmjs"].join(".");
  const bad = listed.filter(
    (file) => file && existsSync(join(root, file)) && readFileSync(join(root, file), "utf8").includes(registry),
  );
  expect(bad).toEqual([]);
});
