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

/** What a program in this folder logs. */
function logged(folder: string, how: string): object {
  return JSON.parse(execFileSync(process.execPath, [PROGRAM, how], { cwd: folder, encoding: "utf8" }));
}

function projectWith(api: string): string {
  const folder = project();
  const place = join(folder, "node_modules", "@opentelemetry", "api");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), '{"name":"@opentelemetry/api","main":"index.js"}');
  writeFileSync(join(place, "index.js"), `module.exports = ${api};`);
  return folder;
}

describe.each(["given", "called"])("the trace mixin, %s", (how) => {
  it("adds trace and span of the active span", () => {
    const api = `{ trace: { getActiveSpan: () => ({ spanContext: () => (${JSON.stringify(SPAN)}) }) } }`;
    expect(logged(projectWith(api), how)).toMatchObject({ trace_id: SPAN.traceId, span_id: SPAN.spanId, msg: "line" });
  });

  it.each([
    ["there is no span", "{ trace: { getActiveSpan: () => undefined } }"],
    ["the API is an old one", "{ trace: {} }"],
    ["the API is something else", "{}"],
    ["the API cannot be loaded", "(() => { throw new Error('broken'); })()"],
  ])("adds nothing when %s", (_when, api) => {
    const line = logged(projectWith(api), how);
    expect(line).toMatchObject({ msg: "line" });
    expect(line).not.toHaveProperty("trace_id");
  });

  it("adds nothing, and costs nothing, without the API", () => {
    const line = logged(project(), how) as { us: number };
    expect(line).not.toHaveProperty("trace_id");
    expect(line.us).toBeLessThan(20);
  });
});
