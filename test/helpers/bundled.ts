/** Programs of this repository's TypeScript for processes of their own: bundled in moments, where a loader takes seconds. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll } from "vitest";

/** Packages are found from here. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A module of these lines, which import from `./src/…`; its path, where it is while the tests of the file run. */
export function bundled(name: string, code: string): string {
  const program = join(CACHE, `${name}.${process.pid}.mjs`);
  beforeAll(async () => {
    mkdirSync(CACHE, { recursive: true });
    await build({
      ...{ stdin: { contents: code, resolveDir: ROOT, loader: "ts" }, outfile: program },
      ...{ bundle: true, packages: "external", format: "esm", platform: "node", target: "node20", logLevel: "error" },
    });
    return () => rmSync(program, { force: true });
  });
  return program;
}
