/** Events stored straight into the database: the rules of the settings see them, and the next server tells. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startAlerts } from "../../src/alert/engine.ts";
import { functionChannel } from "../../src/alert/function-channel.ts";
import { alertSetup } from "../../src/cli/alert-setup.ts";
import { loadConfig } from "../../src/cli/config.ts";
import { EventStore } from "../../src/store/store.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

const SETTINGS = [
  "alerting:",
  "  labPack: false",
  "  rules: [{ id: arm, select: { event_type: node_error }, groupWait: 0s }]",
  "  channels: { hook: { type: webhook, url: https://hooks.example.org/, secretRef: env:NOT_HERE } }",
  "",
].join("\n");
const ERROR = '{"_id":"e1","event_type":"node_error","log_level":20}\n';

function lab(settings = SETTINGS) {
  const cwd = project();
  writeFileSync(join(cwd, "event.settings.yaml"), settings);
  const url = `sqlite:${join(cwd, "events.db")}`;
  const run = (argv: readonly string[], input = "") => runHere([...argv, "--url", url], { cwd, input });
  /** As `serve` would, but for a channel of its own. Answers what was told. */
  const serve = async (): Promise<string[]> => {
    const config = loadConfig({ flags: {}, env: {}, cwd });
    const plan = alertSetup(config, { env: { NOT_HERE: "a secret of sixteen" } })?.plan;
    if (plan === undefined) throw new Error("alerts should be on");
    const told: string[] = [];
    const hook = functionChannel("hook", { send: async ({ notice }) => void told.push(notice.incident.rule) });
    await using store = await EventStore.open(url, { onWarning: () => {} });
    await using engine = await startAlerts(store.alertHost, { ...plan, channels: [] }, { channels: [hook] });
    await engine.idle();
    return told;
  };
  return { run, serve };
}

test("what append stores waits to be judged, and the server that runs next tells of it", async () => {
  const { run, serve } = lab();
  const appended = await run(["append"], ERROR);
  expect(appended).toEqual({
    code: 0,
    stdout: "1 acknowledged (1 stored, 0 already there)\n",
    stderr: "alerts: rules concern some of these events; serve on this database tells of them\n",
  });
  expect((await run(["alerts", "why", "e1"])).stdout).toMatch(/rule arm \(match\): it waits to be judged/);
  expect(await serve()).toEqual(["arm"]);
  expect((await run(["alerts", "why", "e1"])).stdout).toMatch(/rule arm \(match\): it is shown in incident/);
});

test("what no rule concerns is stored without a word, and so is all with --silent", async () => {
  const { run, serve } = lab();
  expect(await run(["append"], '{"event_type":"node_start"}\n')).toMatchObject({ code: 0, stderr: "" });
  expect(await run(["append", "--silent"], ERROR)).toMatchObject({ code: 0, stderr: "" });
  expect(await serve()).toEqual([]);
  expect((await run(["alerts", "why", "e1"])).stdout).toContain(
    "rule arm (match): no incident of that time is known: it was stored without alerting, or before the rule was as it is today",
  );
});

test("settings of alerts that are wrong keep nothing from being stored, and are told", async () => {
  const { run } = lab("alerting: { rules: [{ id: arm, select: { event_type: node_error }, for: soon }] }\n");
  const { code, stdout, stderr } = await run(["append"], ERROR);
  expect([code, stdout]).toEqual([0, "1 acknowledged (1 stored, 0 already there)\n"]);
  expect(stderr).toMatch(
    /^warning: the settings of alerts are wrong, so nobody will be told of these events: .*\.for: /,
  );
});
