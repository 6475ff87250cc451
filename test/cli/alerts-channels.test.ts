import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { parseMail, startSmtp, type TestSmtp } from "../alert/smtp.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
let smtp: TestSmtp;

beforeEach(async () => {
  cwd = project();
  smtp = await startSmtp();
  settings("none");
});

afterEach(() => smtp.close());

/** Two mail channels through the test's server. */
function settings(tls: string): void {
  const server = `{ host: ${smtp.host}, port: ${smtp.port}, tls: ${tls}, from: events@lab.example.org }`;
  const lines = [
    "alerting:",
    "  receivers: { ops: [mail, second] }",
    "  channels:",
    "    mail: { type: email, to: [a@lab.example.org, b@lab.example.org] }",
    "    second: { type: email, to: c@lab.example.org }",
    `  smtp: ${server}`,
  ];
  writeFileSync(join(cwd, "event.settings.yaml"), `${lines.join("\n")}\n`);
}

const alerts = (...argv: string[]) => runHere(["alerts", ...argv], { cwd });

describe("alerts verify", () => {
  test("says of each channel that it works, and sends nothing", async () => {
    const { code, stdout } = await alerts("verify");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "CHANNEL  FOUND\nmail     works\nsecond   works\n" });
    expect(smtp.counts.connections).toBeGreaterThan(0);
    expect(smtp.seen).toEqual([]);
  });

  test("says what keeps one from working, and ends with 1", async () => {
    settings("starttls");
    const { code, stdout, stderr } = await alerts("verify", "--channel", "mail", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual([{ channel: "mail", problem: expect.stringMatching(/TLS/i) }]);
    expect(stderr).toBe("error: 1 of 1 channel cannot work, see above\n");
  });

  test("names the channels there are when asked about another", async () => {
    const { code, stderr } = await alerts("verify", "--channel", "male");
    expect(code).toBe(2);
    expect(stderr).toBe("error: --channel male is no channel of the settings; there are mail, second\n");
  });
});

describe("alerts test", () => {
  test("sends one message to each recipient", async () => {
    const { code, stdout } = await alerts("test", "--channel", "mail");
    expect(code).toBe(0);
    expect(stdout).toMatch(/a@lab\.example\.org +sent/);
    expect(smtp.messages.map(({ to }) => to)).toEqual([["a@lab.example.org"], ["b@lab.example.org"]]);
    const mail = await parseMail(smtp.messages[0] as never);
    expect(mail.text).toContain("test");
  });

  test("sends to another address, about a stored event", async () => {
    const url = `sqlite:${join(cwd, "events.db")}`;
    await using store = await EventStore.open(url, { onWarning: () => {} });
    await store.append({ _id: "e1", event_type: "node_error", log_level: 40, event_data: { message: "gripper lost" } });
    const argv = ["test", "--channel", "second", "--to", "me@lab.example.org", "--event", "e1", "--url", url];
    expect(await alerts(...argv)).toMatchObject({ code: 0 });
    expect(smtp.messages.map(({ to }) => to)).toEqual([["me@lab.example.org"]]);
    expect((await parseMail(smtp.messages[0] as never)).text).toContain("gripper lost");
    expect(await alerts(...argv.with(6, "e2"))).toMatchObject({
      code: 1,
      stderr: 'error: there is no event with the id "e2"\n',
    });
  });

  test("says who could not be reached and why, and ends with 1", async () => {
    smtp.behaviour.rcpt = (address) => (address.startsWith("a@") ? 550 : "ok");
    const { code, stdout, stderr } = await alerts("test", "--channel", "mail", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { recipient: "a@lab.example.org", delivery: { status: "refused" } },
      { recipient: "b@lab.example.org", delivery: { status: "sent" } },
    ]);
    expect(stderr).toContain("did not reach everybody");
  });

  test("takes --to for mail only, and only an address", async () => {
    const hook = "    hook: { type: webhook, url: https://hooks.example.org/ }\n";
    const file = join(cwd, "event.settings.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("  channels:\n", `  channels:\n${hook}`));
    const refused = async (...argv: string[]) => {
      const { code, stdout, stderr } = await alerts("test", ...argv);
      return [code, stdout, stderr];
    };
    const why = "channel hook is of type webhook and has no addresses; leave it out";
    expect(await refused("--channel", "hook", "--to", "me@x.org")).toEqual([2, "", expect.stringContaining(why)]);
    const bad = [2, "", expect.stringContaining('"not an address" is no e-mail address')];
    expect(await refused("--channel", "mail", "--to", "not an address")).toEqual(bad);
    expect(await refused("--channel", "mail", "--to", "not an address", "--render", "x.eml")).toEqual(bad);
    expect(smtp.seen).toEqual([]);
  });

  test("--render writes the mail and sends nothing, never over a file", async () => {
    const argv = ["test", "--channel", "mail", "--render", "mail.eml"];
    expect(await alerts(...argv)).toMatchObject({ code: 0, stdout: `${join(cwd, "mail.eml")} is written\n` });
    const text = readFileSync(join(cwd, "mail.eml"), "utf8");
    expect(text).toMatch(/^To: a@lab\.example\.org\r$/m);
    expect(text).toContain("multipart/alternative");
    expect(smtp.counts.connections).toBe(0);
    expect(await alerts(...argv)).toMatchObject({ code: 2 });
  });

  test.each([
    [["test"], "--channel is missing"],
    [["test", "--channel", "mail", "--server", "http://localhost:1", "--event", "e"], "not with --server"],
    [["test", "--channel", "mail", "--server", "http://localhost:1", "--url", "memory:"], "exclude each other"],
  ])("%j is refused", async (argv, words) => {
    const { code, stderr } = await alerts(...argv);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe("doctor", () => {
  const checks = async () => {
    const url = `sqlite:${join(cwd, "events.db")}`;
    const { stdout } = await runHere(["doctor", "--json", "--url", url], { cwd });
    const all = JSON.parse(stdout).checks as { name: string; state: string; detail: string }[];
    return all.filter(({ name }) => name === "alerts" || name === "channel");
  };

  test("says that alerts are on and their channels work, and sends nothing", async () => {
    const found = await checks();
    expect(found.map(({ state }) => state)).not.toContain("fail");
    expect(found.filter(({ name }) => name === "channel").map(({ detail }) => detail)).toEqual([
      "mail works",
      "second works",
    ]);
    expect(smtp.seen).toEqual([]);
  });

  test("says what is wrong, with its line", async () => {
    settings("maybe");
    const [first] = (await checks()).filter(({ state }) => state === "fail");
    expect(first?.detail).toMatch(/line 6: smtp\.tls: /);
    expect(existsSync(join(cwd, "events.db"))).toBe(false);
  });

  test("finds nothing wrong with alerts that are off", async () => {
    writeFileSync(join(cwd, "event.settings.yaml"), "");
    expect(await checks()).toEqual([{ name: "alerts", state: "ok", detail: expect.stringMatching(/^off; /) }]);
  });
});
