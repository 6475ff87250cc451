/** What the README claims, this runs: every JavaScript block, in order of appearance, against the packed package. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/errors.ts";
import { runHere } from "../cli/run-here.ts";
import { serve } from "../fault/server.ts";
import { installPackage } from "../helpers/packed.ts";

/** Where the page says that a server is; the tests start one elsewhere. */
const SERVER = "http://localhost:8001";
const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Fenced blocks of a language; a block whose fence says `ignore` is prose. */
function blocks(language: string, text = readme): string[] {
  return [...text.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)]
    .filter(([, lang, note]) => lang === language && !note?.includes("ignore"))
    .map(([, , , code]) => code ?? "");
}

describe("README", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "madsci-readme-"));
    installPackage(folder, ["pino", "fastify"]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("shows working code within its first ten lines", () => {
    expect(readme.split("\n").slice(0, 10).join("\n")).toContain("```js");
  });

  const transports = readFileSync(join(root, "transports", "README.md"), "utf8");
  const scripts = [...blocks("js"), ...blocks("js", transports)];
  it("has code to run", () => expect(scripts.length).toBeGreaterThanOrEqual(3));

  it.each(scripts.map((code, i) => [i + 1, code] as const))("JavaScript block %i runs and ends", async (i, code) => {
    const file = join(folder, `block-${i}.mjs`);
    const server = code.includes(SERVER) ? await serve("memory:") : undefined;
    writeFileSync(file, server === undefined ? code : code.replaceAll(SERVER, server.url));
    const run = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8", timeout: 20_000 });
    await server?.end("SIGKILL");
    expect(run.status, `${run.stdout}\n${run.stderr}`).toBe(0);
    for (const [, expected] of code.matchAll(/\/\/ → (.+)$/gm)) expect(run.stdout).toContain(expected);
  });

  it("names commands that exist", async () => {
    const scripts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts as Record<string, string>;
    const used = [...readme.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? "");
    expect(used.filter((name) => !(name in scripts))).toEqual([]);
    const { stdout: help } = await runHere(["--help"]);
    const verbs = [...readme.matchAll(/madsci-events ([a-z-]+)\b/g)].map((match) => match[1] ?? "");
    expect(verbs.length).toBeGreaterThan(0);
    expect(verbs.filter((verb) => !new RegExp(`^\\s+${verb}\\b`, "m").test(help))).toEqual([]);
  });

  it("shows settings of alerts in which nothing is wrong", async () => {
    const [settings = ""] = blocks("yaml").filter((text) => text.startsWith("alerting:"));
    writeFileSync(join(folder, "event.settings.yaml"), settings);
    const names = [...settings.matchAll(/env:(\w+)/g)].map((match) => match[1] ?? "");
    const env = Object.fromEntries(names.map((name) => [name, "x"]));
    const lint = await runHere(["alerts", "lint"], { cwd: folder, env });
    rmSync(join(folder, "event.settings.yaml"));
    expect([lint.stdout.trim(), lint.code], lint.stderr).toEqual(["nothing is wrong", 0]);
  });

  it("lists every error code, and no other", () => {
    const section = readme.slice(readme.indexOf("## Errors"));
    const listed = [...section.matchAll(/^\| `(EVT_\w+)`/gm)].map((match) => match[1]);
    expect(listed).toEqual([...ERROR_CODES]);
  });
});
