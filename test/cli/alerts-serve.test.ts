import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import type { AlertPlan } from "../../src/alert/plan.ts";
import { alertSetup } from "../../src/cli/alert-setup.ts";
import { loadConfig } from "../../src/cli/config.ts";
import { checkFirstUse, type FirstUse } from "../../src/cli/first-use.ts";
import type { Io } from "../../src/cli/io.ts";
import { serveAlerts } from "../../src/cli/serve-alerts.ts";
import { EventStore } from "../../src/store/store.ts";
import { startSmtp, type TestSmtp } from "../alert/smtp.ts";
import { settingsText } from "./alerts-world.ts";
import { ensureBuilt, project, type RunningServer, serve } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
let smtp: TestSmtp;

beforeAll(ensureBuilt);
beforeEach(async () => {
  cwd = project();
  smtp = await startSmtp();
  writeFileSync(join(cwd, "event.settings.yaml"), settingsText(smtp));
});
afterEach(() => smtp.close());

function planOf(change: (text: string) => string = (text) => text): AlertPlan {
  writeFileSync(join(cwd, "event.settings.yaml"), change(settingsText(smtp)));
  const setup = alertSetup(loadConfig({ flags: {}, env: {}, cwd }), { env: {} });
  if (setup === undefined) throw new Error("alerts should be on");
  return setup.plan;
}

describe("the first use of a channel", () => {
  /** What is asked of channels, and said about them. */
  async function looked(records: MemoryRecords, given: Partial<FirstUse> = {}) {
    const asked: string[] = [];
    const said: string[] = [];
    const desk: FirstUse["desk"] = {
      verify: async (channel = "") => {
        asked.push(`verify ${channel}`);
        return [{ channel, problem: null }];
      },
      test: async (channel) => {
        asked.push(`test ${channel}`);
        return [{ recipient: "a", delivery: { status: "sent" } }];
      },
    };
    const say = (message: string, isTrouble: boolean) => said.push(`${isTrouble ? "warning " : ""}${message}`);
    const signal = new AbortController().signal;
    await checkFirstUse({ records, desk, plan: planOf(), testSend: false, say, signal, ...given });
    return { asked, said };
  }

  test("is checked once, and again when the channel has changed, secrets included", async () => {
    const records = new MemoryRecords();
    expect(await looked(records)).toEqual({ asked: ["verify mail"], said: ["channel mail works"] });
    expect(await looked(records)).toEqual({ asked: [], said: [] });
    const plan = planOf((text) => text.replace("a@lab", "z@lab"));
    expect((await looked(records, { plan })).asked).toEqual(["verify mail"]);
    const secret = planOf((text) => text.replace("from:", "user: me, password: hunter2, from:"));
    expect((await looked(records, { plan: secret })).asked).toEqual(["verify mail"]);
    expect(JSON.stringify(await records.read("state", ["channel:mail"]))).not.toContain("hunter2");
  });

  test("sends one message where testSend asks for it, and again when the channel or its templates have changed", async () => {
    const records = new MemoryRecords();
    const { asked, said } = await looked(records, { testSend: true });
    expect(asked).toEqual(["verify mail", "test mail"]);
    expect(said).toEqual(["channel mail works", "a test message goes to mail, which is new"]);
    expect((await looked(records, { testSend: true })).asked).toEqual([]);
    const plan = { ...planOf(), templates: { subject: "{{ tag }}" } };
    expect((await looked(records, { testSend: true, plan })).said.at(-1)).toMatch(/mail, which has changed$/);
  });

  test("is on in alerting of one's own unless testSend is false, and off in MADSci's way", () => {
    const testSend = (text: string) => {
      writeFileSync(join(cwd, "event.settings.yaml"), text);
      return alertSetup(loadConfig({ flags: {}, env: {}, cwd }), { env: {} })?.testSend;
    };
    expect(testSend(settingsText(smtp))).toBe(true);
    expect(testSend(settingsText(smtp).replace("labPack:", "test_send: false\n  labPack:"))).toBe(false);
    expect(testSend("email_alerts: { email_addresses: [a@lab.example.org] }\n")).toBe(false);
  });

  test("of several servers that start together one sends the message", async () => {
    const records = new MemoryRecords();
    const both = await Promise.all([looked(records, { testSend: true }), looked(records, { testSend: true })]);
    expect(both.flatMap(({ asked }) => asked).filter((what) => what === "test mail")).toHaveLength(1);
  });

  test("tells who did not get the message; where nobody did, the next start tries again", async () => {
    const records = new MemoryRecords();
    const sending = (...statuses: ("sent" | "refused")[]): FirstUse["desk"] => ({
      verify: async () => [{ channel: "mail", problem: null }],
      test: async () =>
        statuses.map((status, i) => ({ recipient: `r${i}`, delivery: { status, reason: "no such mailbox" } as never })),
    });
    const nobody = await looked(records, { testSend: true, desk: sending("refused") });
    expect(nobody.said.at(-1)).toBe("warning the test message through mail did not reach r0: no such mailbox");
    const some = await looked(records, { testSend: true, desk: sending("sent", "refused") });
    expect(some.said).toContain("warning the test message through mail did not reach r1: no such mailbox");
    expect((await looked(records, { testSend: true })).asked).toEqual([]);
  });

  test("says of a broken template what it costs, and no more", async () => {
    const problem = "templates.text: output not closed; mails go out in the built-in form";
    const desk = { verify: async () => [{ channel: "mail", problem }], test: async () => [] };
    const { said } = await looked(new MemoryRecords(), { desk, testSend: true });
    expect(said).toEqual([`warning channel mail: ${problem} until that is mended`]);
  });

  test("is looked at again at the next start when it failed", async () => {
    const records = new MemoryRecords();
    const broken = { verify: async () => [{ channel: "mail", problem: "no such host" }], test: async () => [] };
    const { said } = await looked(records, { desk: broken });
    expect(said).toEqual([expect.stringMatching(/^warning channel mail cannot work: no such host; nobody is told/)]);
    expect((await looked(records)).asked).toEqual(["verify mail"]);
  });

  test("never rejects, and says nothing once the server stops", async () => {
    const lost = { verify: async () => Promise.reject(new Error("lost")), test: async () => [] };
    expect((await looked(new MemoryRecords(), { desk: lost })).said).toEqual([
      "warning channels could not be checked: lost",
    ]);
    const stopped = AbortSignal.abort();
    expect((await looked(new MemoryRecords(), { desk: lost, signal: stopped })).said).toEqual([]);
  });
});

describe("the alerts of serve", () => {
  test("send a test message through each channel that is new, once", async () => {
    const lines: string[] = [];
    const io = { err: (line: string) => lines.push(line) } as unknown as Io;
    const setup = alertSetup(loadConfig({ flags: {}, env: {}, cwd }), { env: {} });
    await using store = await EventStore.open("memory:", { onWarning: () => {} });
    for (const times of [1, 2]) {
      const alerts = await serveAlerts(store, setup, { io, file: undefined });
      await vi.waitFor(() => expect(smtp.messages).toHaveLength(3), 10_000);
      await alerts?.close();
      expect(lines, String(times)).toEqual([
        "alerts: channel mail works",
        "alerts: a test message goes to mail, which is new",
      ]);
    }
  });
});

describe("serve", () => {
  let server: RunningServer | undefined;
  afterEach(() => server?.stop("SIGKILL"));

  test("says what alerts are on, mails what happens, and ends cleanly", async () => {
    server = await serve(["--url", "memory:"], { cwd });
    await server.says("alerts: channel mail works");
    expect(server.stderr).toMatch(/^ {2}alerts \d+ rules? → ops \(mail\)$/m);
    const { url } = server;
    await fetch(`${url}/event`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ event_type: "node_error", event_data: { message: "gripper lost" } }),
    });
    // A test message and one about the incident, to each of three.
    await vi.waitFor(() => expect(smtp.messages).toHaveLength(6), 10_000);
    expect(server.stderr).toMatch(/^alerts: a test message goes to mail, which is new$/m);
    const { items } = (await (await fetch(`${url}/v1/incidents`)).json()) as { items: { rule: string }[] };
    expect(items.map(({ rule }) => rule)).toContain("arm");
    const { settings } = (await (await fetch(`${url}/settings`)).json()) as { settings: { alerting: object } };
    expect(settings.alerting).toMatchObject({ channels: { mail: { type: "email" } } });
    expect(await server.stop()).toBe(0);
  });
});

describe("alerts simulate", () => {
  test("prints what rules would have sent next to what those in force would have", async () => {
    const url = `sqlite:${join(cwd, "events.db")}`;
    await using store = await EventStore.open(url, { onWarning: () => {} });
    const events = Array.from({ length: 3 }, (_, i) => ({ event_type: i === 0 ? "node_start" : "node_error" }));
    await store.append(events);
    writeFileSync(join(cwd, "new.yaml"), `${settingsText(smtp).replace("node_error", "node_start")}`);
    const argv = ["alerts", "simulate", "--rules", "new.yaml", "--since", "1h", "--url", url];
    const { code, stdout } = await runHere(argv, { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 events from /);
    expect(stdout).toMatch(/\n1 +1 +incidents\n/);
    expect(stdout).toMatch(/\n1 +1 +messages to a@lab\.example\.org \(mail\)\n/);
    const both = JSON.parse((await runHere([...argv, "--json"], { cwd })).stdout);
    expect(both.now).toMatchObject({ events: 3, marked: 2 });
    expect(both.new).toMatchObject({ events: 3, marked: 1 });
    expect(smtp.seen).toEqual([]);
  });

  test("needs rules from somewhere", async () => {
    const { code, stderr } = await runHere(["alerts", "simulate"], { cwd: project() });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "error: alerts are off in the settings; name a file with --rules\n",
    });
  });
});
