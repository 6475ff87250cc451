/** What README.md and schema/README.md claim of reports. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACTIVITY_TYPES } from "../../src/event/activity.ts";
import { EventStore } from "../../src/store/store.ts";
import { openServer, type TestServer } from "../rest/server.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

const page = (name: string) => readFileSync(resolve(import.meta.dirname, "../..", name), "utf8");
const section = (text: string, title: string) => text.split(`\n## ${title}\n`)[1]!.split("\n## ")[0]!;
const utilization = section(page("README.md"), "Utilization");
const reports = section(page("schema/README.md"), "Reports");

/** A day of a workcell, from 8 to 18 h, with an experiment for each run. */
function lab(date: string, runs: readonly (readonly [from: string, to: string])[]) {
  const workcell = { workcell_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" };
  const say = (time: string, event_type: string, more: object = {}) => ({
    event_type,
    event_timestamp: `${date}T${time}+02:00`,
    source: { ...workcell, ...more },
  });
  const experiments = runs.flatMap(([from, to], at) => {
    const experiment = { experiment_id: `01JYKZDPANTNRYXF5TQKR${date.replaceAll("-", "").slice(-4)}${at}` };
    return [say(from, "experiment_start", experiment), say(to, "experiment_complete", experiment)];
  });
  return [say("08:00", "workcell_start"), ...experiments, say("18:00", "workcell_stop")];
}

const EVENTS = [
  ...lab("2025-06-10", [
    ["09:00", "12:00"],
    ["11:00", "14:00"],
  ]),
  ...lab("2025-06-11", [["09:00", "11:30"]]),
];

describe("README", () => {
  test("shows the report by day as it is", async () => {
    const [command = "", shown = ""] = /\$ madsci-events (report periods .*)\n([\s\S]*?)\n…/
      .exec(utilization)!
      .slice(1);
    const cwd = project();
    await using store = await EventStore.open(`sqlite:${cwd}/.madsci/events/events.db`);
    const results = await store.append(EVENTS);
    expect(results.map(({ status }) => status)).toEqual(EVENTS.map(() => "stored"));
    const { code, stdout } = await runHere([...command.split(" "), "--format", "table"], { cwd });
    expect(code).toBe(0);
    expect(stdout.split("\n\n").slice(0, 2).join("\n\n")).toBe(shown);
  });

  test("names commands that are understood", async () => {
    const lines = [...utilization.matchAll(/^\$ madsci-events (.*?)( +#.*)?$/gm)].map(([, line]) => line!);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      const argv = line
        .replace(/ > .*/, "")
        .replace(/ --server \S+/, "")
        .split(" ");
      expect(await runHere([...argv, "--url", "memory:"]), line).toMatchObject({ code: 0, stderr: "" });
    }
  });
});

describe("the routes README shows", () => {
  let exportDir: string;
  let server: TestServer;
  beforeAll(async () => {
    exportDir = mkdtempSync(join(tmpdir(), "madsci-exports-"));
    server = await openServer({ exportDir });
    await server.store.append(EVENTS);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(exportDir, { recursive: true, force: true });
  });

  const asked = [...utilization.matchAll(/^curl (-OJ )?'http:\/\/localhost:8001([^']+)'/gm)];
  const paths = asked.map(([, download, path]) => [path!, download !== undefined] as const);
  test("are three", () => expect(paths).toHaveLength(3));

  test.each(paths)("answer %s", async (path, download) => {
    const { status, headers, text, json } = await server.get(path);
    expect(status, text).toBe(200);
    if (download) {
      expect(headers["content-disposition"]).toBe("attachment; filename=utilization_periods_report.csv");
      expect(text).toContain("1,week,Week of 2025-06-09,");
    } else if (path.includes("save_to_file")) {
      expect(json.success).toBe(true);
      expect(readFileSync(join(exportDir, json.file_path), "utf8")).toContain("DETAILED USER UTILIZATION REPORT");
    } else expect(json.overall_summary).toMatchObject({ total_active_time_hours: 5, total_experiments: 2 });
  });
});

describe("schema/README.md", () => {
  test("lists the events that count, all of them", () => {
    const rows = reports.split("| for | events | fields |")[1]!.split("\n\n")[0]!.trim().split("\n").slice(1);
    const types = rows.flatMap((row) => [...row.split("|")[2]!.matchAll(/`(\w+)`/g)].map(([, type]) => type!));
    expect(types.toSorted()).toEqual(ACTIVITY_TYPES.toSorted());
  });

  test("names parameters that the routes have", () => {
    const { paths } = JSON.parse(page("schema/openapi.json"));
    const known = new Map<string, unknown>(
      paths["/utilization/periods"].get.parameters.map((each: { name: string; schema: { default?: unknown } }) => [
        each.name,
        each.schema.default,
      ]),
    );
    const rows = reports.split("| parameter | default | meaning |")[1]!.split("\n\n")[0]!.trim().split("\n").slice(1);
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) {
      const [names = "", defaults = ""] = row.split("|").slice(1);
      const [name] = [...names.matchAll(/`(\w+)`/g)].map(([, each]) => each!);
      expect([...known.keys()]).toContain(name);
      expect(defaults.replaceAll("`", "").trim().split(",")[0]).toBe(String(known.get(name!)));
    }
  });
});
