/** With a copy of `@opentelemetry/api` in a project of its own, and without one. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt, project } from "../cli/run.ts";

beforeAll(ensureBuilt);

const PROGRAM = fileURLToPath(new URL("programs/trace.mjs", import.meta.url));
const SPAN = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };

/** What a program in this folder logs with the mixin, given as it is and called, one after the other. */
function logged(folder: string, hows: readonly string[] = ["given", "called"]): Record<string, unknown>[] {
  const text = execFileSync(process.execPath, [PROGRAM, ...hows], { cwd: folder, encoding: "utf8" });
  const lines = text.trim().split("\n");
  expect(lines).toHaveLength(2);
  return lines.map((line) => JSON.parse(line));
}

function projectWith(api: string): string {
  const folder = project();
  const place = join(folder, "node_modules", "@opentelemetry", "api");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), '{"name":"@opentelemetry/api","main":"index.js"}');
  writeFileSync(join(place, "index.js"), `module.exports = ${api};`);
  return folder;
}

describe("the trace mixin, given or called", () => {
  it.each([
    ["given", "called"],
    ["called", "given"],
  ])("adds trace and span of the active span (%s first)", (...hows) => {
    const api = `{ trace: { getActiveSpan: () => ({ spanContext: () => (${JSON.stringify(SPAN)}) }) } }`;
    for (const line of logged(projectWith(api), hows))
      expect(line).toMatchObject({ trace_id: SPAN.traceId, span_id: SPAN.spanId, msg: "line" });
  });

  it.each([
    ["there is no span", "{ trace: { getActiveSpan: () => undefined } }"],
    ["the API is an old one", "{ trace: {} }"],
    ["the API is something else", "{}"],
    ["the API cannot be loaded", "(() => { throw new Error('broken'); })()"],
  ])("adds nothing when %s", (_when, api) => {
    for (const line of logged(projectWith(api))) {
      expect(line).toMatchObject({ msg: "line" });
      expect(line).not.toHaveProperty("trace_id");
    }
  });

  it("adds nothing, and costs nothing, without the API", () => {
    for (const line of logged(project())) {
      expect(line).not.toHaveProperty("trace_id");
      expect(line.us).toBeLessThan(20);
    }
  });
});
