/** The program of the tests that kill or stop restores, bundled once for a test file. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll } from "vitest";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));

/** Path of the program; it is there while the tests of the file run. */
export function restoreProgram(name: string): string {
  const program = join(CACHE, `${name}.${process.pid}.mjs`);
  beforeAll(async () => {
    mkdirSync(CACHE, { recursive: true });
    const entry = fileURLToPath(new URL("restore-app.ts", import.meta.url));
    await build({
      ...{ entryPoints: [entry], outfile: program, bundle: true, packages: "external" },
      ...{ format: "esm", platform: "node", target: "node20", logLevel: "error" },
    });
    return () => rmSync(program, { force: true });
  });
  return program;
}
