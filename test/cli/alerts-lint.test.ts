import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { yamlLines } from "../../src/cli/yaml-lines.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;

beforeEach(() => {
  cwd = project();
});

const put = (name: string, text: string) => writeFileSync(join(cwd, name), text);
const lint = (...argv: string[]) => runHere(["alerts", "lint", ...argv], { cwd, env: { SMTP: "lab" } });

const GOOD = `rules:
  - id: loud
    select: { log_level: { $gte: 50 } }
receivers:
  ops: { channels: [mail] }
channels:
  mail: { type: email, to: lab@example.org }
smtp: { host: mail.example.org, from: lab@example.org, userRef: env:SMTP, passwordRef: env:SMTP }
`;

describe("alerts lint", () => {
  test("finds nothing in a good file", async () => {
    put("alerts.yaml", GOOD);
    expect(await lint("alerts.yaml")).toEqual({ code: 0, stdout: "nothing is wrong\n", stderr: "" });
  });

  test("finds all troubles, each with its line, and ends with 2", async () => {
    put("alerts.yaml", `${GOOD.replace("$gte: 50", "$gt: [1]")}digest:\n  cron: every day\npublic_url: ftp://x\n`);
    const { code, stdout, stderr } = await lint("alerts.yaml");
    expect(code).toBe(2);
    const lines = stdout.split("\n");
    expect(lines.find((line) => line.includes("rules[0].select"))).toMatch(/alerts\.yaml:3 {2}error/);
    expect(lines.find((line) => line.includes("digest.cron"))).toMatch(/alerts\.yaml:10 {2}error/);
    expect(lines.find((line) => line.includes("public_url"))).toMatch(/alerts\.yaml:11 {2}error/);
    expect(stderr).toMatch(/^error: \d+ errors in .*alerts\.yaml\n$/);
  });

  test("says why a file cannot be read that is too deep, or that its aliases blow up", async () => {
    put("deep.yaml", `rules: ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`);
    expect((await lint("deep.yaml")).stdout).toMatch(/deep\.yaml:1 {2}error {4}is nested too deeply\n/);
    const row = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(", ")}]\n`;
    put("bomb.yaml", row("a", "x") + row("b", "*a") + row("c", "*b") + row("d", "*c"));
    expect((await lint("bomb.yaml")).stderr).toContain(
      "bomb.yaml is not valid YAML: its aliases (*name) stand for too much",
    );
  });

  test("says that email_alerts has no effect beside alerting, as doctor and serve do", async () => {
    put("alerts.yaml", GOOD);
    put("event.settings.yaml", "alerting: alerts.yaml\nemail_alerts: { email_addresses: [lab@example.org] }\n");
    const { code, stdout } = await lint();
    expect(code).toBe(0);
    expect(stdout).toMatch(/warning {2}alerting is set, so email_alerts has no effect; .*\n0 errors, 1 warning\n$/);
  });

  test("finds a warning, which is no failure", async () => {
    put("alerts.yaml", `${GOOD.replace("passwordRef: env:SMTP", "password: hunter2")}`);
    const { code, stdout } = await lint("alerts.yaml");
    expect(code).toBe(0);
    expect(stdout).toMatch(/:8 {2}warning {2}smtp\.password: /);
    expect(stdout).toMatch(/\n0 errors, 1 warning\n$/);
    expect(stdout).not.toContain("hunter2");
  });

  test("says where YAML itself is broken, and shows nothing of what stands there", async () => {
    put("alerts.yaml", "rules:\n  - id: a\n   id: b\n");
    const { code, stdout } = await lint("alerts.yaml");
    expect(code).toBe(2);
    expect(stdout).toMatch(/alerts\.yaml:\d {2}error/);
  });

  test("finds every broken template", async () => {
    put("mail.html", "{% if %}");
    put(
      "alerts.yaml",
      `${GOOD}templates:\n  subject: "{{ a | b }}"\n  text: "{{ summary }}"\n  html: file:mail.html\n`,
    );
    const { code, stdout } = await lint("alerts.yaml");
    expect(code).toBe(2);
    expect(stdout).toMatch(/:10 {2}error {4}templates\.subject: .*\n.*:12 {2}error {4}templates\.html: .*\n2 errors/);
  });

  test("names the setting that names a file that is not there", async () => {
    put("event.settings.yaml", "alerting: none.yaml\n");
    expect((await lint()).stderr).toMatch(/alerting in .*: .*none\.yaml cannot be read \(ENOENT\)/);
  });

  test("--json holds the same", async () => {
    put("alerts.yaml", GOOD.replace("[mail]", "[male]"));
    const { code, stdout } = await lint("alerts.yaml", "--json");
    const { ok, file, troubles } = JSON.parse(stdout);
    expect({ code, ok, file }).toEqual({ code: 2, ok: false, file: join(cwd, "alerts.yaml") });
    expect(troubles[0]).toMatchObject({ level: "error", line: 5, path: "receivers.ops.channels[0]" });
  });

  test("without a file checks what the settings name, wherever it stands", async () => {
    put("event.settings.yaml", "server_url: http://localhost:8001\nevent_alerting:\n  rules:\n    - { id: a b }\n");
    const inside = await lint();
    expect(inside.code).toBe(2);
    expect(inside.stdout).toMatch(/event\.settings\.yaml:4 {2}error +rules\[0\]\.id/);
    put("event.settings.yaml", "alerting: mine.yaml\n");
    put("mine.yaml", GOOD.replace("type: email", "type: fax"));
    expect((await lint()).stdout).toMatch(/mine\.yaml:7 {2}error +channels\.mail\.type/);
    put("event.settings.yaml", "email_alerts: { default_importance: urgent, email_addresses: [a@example.org] }\n");
    expect((await lint()).stdout).toMatch(/^email_alerts {2}warning {2}email_alerts\.default_importance/);
  });

  test("without anything says so", async () => {
    expect(await lint()).toMatchObject({ code: 0, stdout: "no alerting in the settings; name a file\n" });
    expect(await lint("none.yaml")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("none.yaml cannot be read"),
    });
  });

  test("accepts the built-in pack as it is printed", async () => {
    const { stdout } = await runHere(["alerts", "rules", "--print-pack"], { cwd });
    expect(parse(stdout).rules.map(({ id }: { id: string }) => id)).toContain("node-error");
    put("pack.yaml", `labPack: false\n${stdout}`);
    const { code, stdout: found } = await lint("pack.yaml");
    expect({ code, errors: found.includes("  error") }).toEqual({ code: 0, errors: false });
  });
});

describe("lines of a YAML text", () => {
  const text = 'a:\n  b_c:\n    - x: 1\n      "d.e": 2\n    - y: 3\nz: [1,\n  2]\n';

  test.each([
    ["a", 1],
    ["a.bC", 2],
    ["a.b_c[1]", 5],
    ["a.bC[1].y", 5],
    ["a.bC[0].d.e", 4],
    ['a.bC[0]."d.e"', 4],
    ["a.bC[0].missing", 3],
    ["a.bC[7]", 2],
    ["z[1]", 7],
    ["none", undefined],
    ["", undefined],
  ])("%j is on line %j", (path, line) => {
    expect(yamlLines(text).lineOf(path)).toBe(line);
  });

  test.each(["", "text", "- 1", "a: &a [*a]", "? [1]\n: 2"])("odd text %j is no trouble for it", (odd) => {
    expect(yamlLines(odd).lineOf("a[0].b")).toSatisfy((line) => line === undefined || typeof line === "number");
  });
});
