import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/cli/config.ts";
import { defaultSettings } from "../../src/cli/redacted.ts";
import { EMAIL_ROWS, ROWS } from "../../src/cli/settings.ts";
import { ensureBuilt, project, type RunningServer, serve } from "./run.ts";
import { runHere } from "./run-here.ts";

async function written(...flags: string[]): Promise<{ text: string; cwd: string; path: string }> {
  const cwd = project();
  expect(await runHere(["init", ...flags], { cwd })).toMatchObject({ code: 0 });
  const path = join(cwd, "event.settings.yaml");
  return { cwd, path, text: readFileSync(path, "utf8") };
}

const configIn = (cwd: string) => loadConfig({ flags: {}, env: {}, cwd });

describe("init", () => {
  test("writes a file that changes nothing: every setting is the default, and nothing is warned about", async () => {
    const { cwd } = await written();
    const { settings, warnings, origins } = configIn(cwd);
    const empty = loadConfig({ flags: {}, env: {}, cwd: project() }).settings;
    const relative = { mongo_db_url: settings.mongo_db_url, backup_dir: settings.backup_dir };
    expect(settings).toEqual({ ...empty, ...relative });
    expect(warnings).toEqual([]);
    expect([...origins.keys()].sort()).toEqual(["mongo_db_url", "server_url"]);
  });

  test("explains every setting there is, and says the same with every comment sign taken away", async () => {
    const { cwd, path, text } = await written();
    for (const [name, { description }] of [...ROWS, ...EMAIL_ROWS]) {
      expect(text, name).toMatch(new RegExp(`^[# ]*${name}: `, "m"));
      expect(text).toContain(description);
    }
    writeFileSync(path, text.replaceAll(/^# ((?: {2})?[a-z_]+:.*)$/gm, "$1"));
    const { settings, warnings, origins } = configIn(cwd);
    const email = Object.fromEntries(EMAIL_ROWS.map(([name, { default: value }]) => [name, value]));
    const { mongo_db_url, backup_dir } = settings;
    expect(settings).toEqual({ ...defaultSettings(), mongo_db_url, backup_dir, email_alerts: email });
    expect(warnings).toEqual([]);
    expect([...origins.keys()].sort()).toEqual(ROWS.map(([name]) => name).sort());
  });

  test("shows alerting with each kind of rule, in which nothing is wrong", async () => {
    const { cwd, text } = await written();
    const example = [...text.matchAll(/^## ( *[-a-z].*)$/gm)].map(([, line]) => line).join("\n");
    const section = example.slice(example.indexOf("alerting:\n"));
    writeFileSync(join(cwd, "alerts.yaml"), section);
    const env = { SMTP_USER: "lab", SMTP_PASSWORD: "lab" };
    const { stdout } = await runHere(["alerts", "lint", "alerts.yaml"], { cwd, env });
    expect(stdout).toMatch(/nothing is wrong\n$|^(?:.* warning .*smtp\.from.*\n)0 errors, 1 warning\n$/);
    for (const kind of ["match", "threshold", "ratio", "absence", "sequence", "novelty", "ledger"])
      expect(section).toContain(`kind: ${kind}`);
  });

  test("puts in what is given, whatever it holds", async () => {
    const name = 'Lab #3: "events" \\ @home';
    const flags = ["--name", name, "--port", "9001", "--url", "sqlite:/tmp/a b.db", "--rate-limit-enabled", "false"];
    const { cwd } = await written(...flags, "--cors_origins", "http://a,http://b", "--alert-level", "ERROR");
    expect(configIn(cwd).settings).toMatchObject({
      manager_name: name,
      server_url: "http://localhost:9001",
      mongo_db_url: "sqlite:/tmp/a b.db",
      rate_limit_enabled: false,
      cors_origins: ["http://a", "http://b"],
      alert_level: 40,
    });
  });

  test("refuses to overwrite a file with exit code 2, unless forced", async () => {
    const { cwd, path } = await written();
    writeFileSync(path, "server_url: http://mine:1\n");
    const again = await runHere(["init"], { cwd });
    expect(again).toMatchObject({ code: 2, stdout: "" });
    expect(again.stderr).toContain("--force");
    expect(readFileSync(path, "utf8")).toBe("server_url: http://mine:1\n");
    expect(await runHere(["init", "--force"], { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(path, "utf8")).toContain("# max_event_bytes: 262144");
  });

  test("refuses a value its setting does not take, and writes nothing", async () => {
    const cwd = project();
    const refused = await runHere(["init", "--rate-limit-window", "0"], { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("rate_limit_window: must be a whole number of at least 1");
    expect(await runHere(["init", "--stdout", "--port", "70000"], { cwd })).toMatchObject({ code: 2, stdout: "" });
    expect(() => statSync(join(cwd, "event.settings.yaml"))).toThrow();
  });

  test("writes where it is told, and a file with a password for its owner only", async () => {
    const cwd = project();
    const url = "mongodb://user:secret@localhost/db";
    expect(await runHere(["init", "--dir", "new/place", "--url", url], { cwd })).toMatchObject({ code: 0 });
    expect(statSync(join(cwd, "new/place/event.settings.yaml")).mode & 0o077).toBe(0);
  });

  test("--stdout prints the same text and writes nothing", async () => {
    const { text } = await written();
    const cwd = project();
    expect(await runHere(["init", "--stdout"], { cwd })).toEqual({ code: 0, stdout: text, stderr: "" });
  });
});

describe("serve with the written file", () => {
  let server: RunningServer | undefined;
  beforeAll(ensureBuilt);
  afterEach(() => server?.stop("SIGKILL"));

  test("starts without a warning", async () => {
    const { cwd } = await written();
    server = await serve([], { cwd });
    await server.says("data   ");
    expect(server.stderr).not.toContain("warning");
  });
});
