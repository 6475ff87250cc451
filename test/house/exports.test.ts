/** Every public subpath loads from the packed tarball: by import, by require, and as a pino target. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPackage, pack } from "../helpers/packed.ts";

const root = resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: Record<string, unknown> };
const subpaths = Object.keys(manifest.exports).filter((path) => !path.includes("*") && !path.endsWith(".json"));

describe("packed package", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "madsci-exports-"));
    installPackage(folder, ["pino"]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (name: string, code: string) => {
    writeFileSync(join(folder, name), code);
    return spawnSync(process.execPath, [name], { cwd: folder, encoding: "utf8", timeout: 20_000 });
  };
  const name = (subpath: string) => `madsci-events${subpath.slice(1)}`;

  it.each(subpaths)("%s loads by import and by require", (subpath) => {
    const esm = run("a.mjs", `import * as all from "${name(subpath)}"; console.log(Object.keys(all).length > 0)`);
    expect(esm.stdout.trim(), esm.stderr).toBe("true");
    const cjs = run("a.cjs", `console.log(Object.keys(require("${name(subpath)}")).length > 0)`);
    expect(cjs.stdout.trim(), cjs.stderr).toBe("true");
  });

  it("serves its JSON files", () => {
    const code = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);
      console.log(require("madsci-events/schema/event.schema.json").title ?? "ok", require("madsci-events/package.json").name)`;
    expect(run("json.mjs", code).stdout).toContain("madsci-events");
  });

  it("works as a pino target and keeps what was logged", () => {
    const log = `import pino from "pino";
      const transport = pino.transport({ target: "madsci-events/pino", options: { url: "sqlite:pino.db" } });
      pino(transport).warn({ volume: 5 }, "low");`;
    expect(run("log.mjs", log).status).toBe(0);
    const code = `import { EventStore } from "madsci-events";
      const store = await EventStore.open("sqlite:pino.db");
      for await (const e of store.find()) console.log(e.log_level, e.event_data.message, e.event_data.volume);
      await store.close();`;
    const result = run("pino.mjs", code);
    expect(result.stdout.trim(), result.stderr).toBe("30 low 5");
  });

  it("loads no driver and no server with its main entry", () => {
    const code = `import { createRequire } from "node:module";
      await import("madsci-events");
      const loaded = [...Object.keys(createRequire(import.meta.url).cache), ...process.report.getReport().sharedObjects];
      console.log(JSON.stringify(loaded.filter((file) => /sqlite|mongodb|bson|fastify|nodemailer/.test(file))));`;
    const result = run("lazy.mjs", code);
    expect(result.stdout.trim(), result.stderr).toBe("[]");
    const without = mkdtempSync(join(tmpdir(), "madsci-slim-"));
    const optional = ["mongodb", "fastify", "@fastify/cors", "@fastify/swagger-ui", "@photostructure/sqlite"];
    installPackage(without, [], optional);
    writeFileSync(join(without, "slim.mjs"), `import { matches } from "madsci-events"; console.log(matches({}, {}))`);
    const slim = spawnSync(process.execPath, ["slim.mjs"], { cwd: without, encoding: "utf8" });
    expect(slim.stdout.trim(), slim.stderr).toBe("true");
    rmSync(without, { recursive: true, force: true });
  });

  it("names the missing package when an optional one is not there", () => {
    const without = mkdtempSync(join(tmpdir(), "madsci-slim-"));
    installPackage(without, [], ["mongodb"]);
    const code = `import { EventStore } from "madsci-events";
      await EventStore.open("mongodb://127.0.0.1:1/x").catch((error) => console.log(error.code, /mongodb/.test(error.message)))`;
    writeFileSync(join(without, "m.mjs"), code);
    const result = spawnSync(process.execPath, ["m.mjs"], { cwd: without, encoding: "utf8" });
    expect(result.stdout.trim(), result.stderr).toBe("EVT_MISSING_DRIVER true");
    rmSync(without, { recursive: true, force: true });
  });

  it("is smaller than 1 MB and holds no source", () => {
    const { bytes, files } = pack();
    expect(bytes).toBeLessThan(1_000_000);
    expect(files.filter((path) => /^(src|test|examples)\//.test(path))).toEqual([]);
  });
});
