/** The import law of src/README.md, held by reading the sources. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Room → rooms (and packages) it may import. A room is the first folder below src, or a file of its own. */
const LAW: Record<string, readonly string[]> = {
  "src/errors.ts": [],
  "src/event": ["src/errors.ts", "zod", "ulid", "re2js"],
  "src/backend": ["src/errors.ts", "src/event", "schema/schema.json"],
  "src/alert": [
    "src/errors.ts",
    "src/event",
    "src/backend/alert-records.ts",
    "src/backend/lease.ts",
    "croner",
    "liquidjs",
    "nodemailer",
  ],
  "src/backup": ["src/errors.ts", "src/event", "src/backend", "croner"],
  "src/report": ["src/errors.ts", "src/event"],
  "src/schema": ["src/errors.ts", "src/event", "src/backend", "src/backup", "schema", "semver"],
  "src/store": ["src/errors.ts", "src/event", "src/backend", "src/alert", "src/schema/admit.ts"],
  "src/ship": ["src/errors.ts", "src/event"],
  "src/client": ["src/errors.ts", "src/event", "src/ship"],
  "src/rest": [
    "src/errors.ts",
    "src/event",
    "src/store",
    "src/alert",
    "src/report",
    "src/schema",
    "zod",
    "fastify",
    "@fastify/*",
  ],
  "src/cli": ["src/*", "transports", "commander", "yaml", "smol-toml", "zod"],
  "src/index.ts": ["src/errors.ts", "src/event", "src/store", "src/alert"],
  transports: ["src/errors.ts", "src/event", "src/ship", "src/store", "pino"],
};
/** Files that may import more than their room. */
const EXTRA: Record<string, readonly string[]> = {
  "src/backend/sqlite/driver.ts": ["@photostructure/sqlite"],
  "src/store/testing.ts": ["mongodb"],
  "src/rest/report-thread.ts": ["src/backend/gate.ts", "src/backend/thread-file.ts"],
  "src/rest/report-worker.ts": ["src/backend/gate.ts"],
};
const MONGO = "src/backend/mongo/";
/**
 * Only these read the process: testing.ts and environment.ts one documented variable each, options.ts where state belongs;
 * shutdown.ts ends it, and the two threads themselves.
 */
const PROCESS_ROOMS = [
  "src/cli/",
  "src/store/testing.ts",
  "src/client/environment.ts",
  "transports/options.ts",
  "transports/shutdown.ts",
  "src/backend/sqlite/writer-thread.ts",
  "src/rest/report-worker.ts",
];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name).replaceAll("\\", "/"));
}

const files = [...sources("src"), ...sources("transports")];
const textOf = (file: string) => readFileSync(join(root, file), "utf8");
const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s*"([^"]+)"|import\("([^"]+)"\)|(?:^|\n)import\s+"([^"]+)"/g;

function importsOf(file: string): string[] {
  return [...textOf(file).matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? "")
    .filter((target) => !target.startsWith("node:"))
    .map((target) =>
      target.startsWith(".") ? relative(root, resolve(root, dirname(file), target)).replaceAll("\\", "/") : target,
    );
}

const roomOf = (file: string) => Object.keys(LAW).find((room) => file === room || file.startsWith(`${room}/`));

function allowed(file: string, target: string): boolean {
  const room = roomOf(file);
  if (room === undefined) return false;
  if (target === file || target.startsWith(`${room}/`)) return true;
  if (file.startsWith(MONGO) && (target === "mongodb" || target === "bson")) return true;
  return [...(LAW[room] ?? []), ...(EXTRA[file] ?? [])].some((entry) =>
    entry.endsWith("*") ? target.startsWith(entry.slice(0, -1)) : target === entry || target.startsWith(`${entry}/`),
  );
}

describe("import law", () => {
  it("reads a whole house", () => {
    expect(files.length).toBeGreaterThan(40);
    expect(importsOf("src/store/store.ts")).toContain("src/backend/open.ts");
  });

  it("holds for every file", () => {
    const breaches = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => !allowed(file, target))
        .map((target) => `${file} → ${target}`),
    );
    expect(breaches).toEqual([]);
  });

  it("would notice a breach", () => {
    expect(allowed("src/event/event.ts", "src/store/store.ts")).toBe(false);
    expect(allowed("src/store/store.ts", "fastify")).toBe(false);
    expect(allowed("src/backend/sqlite/index.ts", "mongodb")).toBe(false);
  });

  it("keeps the engines apart", () => {
    const across = files.flatMap((file) =>
      importsOf(file)
        .filter(
          (target) =>
            (file.includes("/sqlite/") && target.includes("/mongo/")) ||
            (file.includes("/mongo/") && target.includes("/sqlite/")),
        )
        .map((target) => `${file} → ${target}`),
    );
    expect(across).toEqual([]);
  });

  it("loads drivers and servers only on first use", () => {
    const eager = files.filter(
      (file) =>
        !file.startsWith("src/rest/") &&
        /(?:^|\n)import (?!type)[^;]*"(mongodb|fastify|@photostructure\/sqlite|nodemailer|liquidjs)"/.test(
          textOf(file),
        ),
    );
    expect(eager).toEqual([]);
  });

  it("has no circular imports", () => {
    const graph = new Map(files.map((file) => [file, importsOf(file).filter((target) => files.includes(target))]));
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: string[]) => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      else if (!done.has(file)) for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("reads the process, prints and exits only in the CLI", () => {
    const outside = files.filter((file) => !PROCESS_ROOMS.some((room) => file.startsWith(room)));
    const loud = outside.filter((file) =>
      /process\.(env|argv|exit\b)|console\./.test(textOf(file).replace(/^\s*(\*|\/\/).*$/gm, "")),
    );
    expect(loud).toEqual([]);
  });

  it("re-exports name by name, and has default exports only in transports", () => {
    expect(files.filter((file) => /^export \*/m.test(textOf(file)))).toEqual([]);
    expect(files.filter((file) => !file.startsWith("transports/") && /^export default/m.test(textOf(file)))).toEqual(
      [],
    );
  });
});
