/** Every example runs alone and prints what it promises. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

function run(example: string): string {
  const file = join(root, "examples", example);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

describe("examples", () => {
  it("are all listed here and in their README", () => {
    const files = readdirSync(join(root, "examples")).filter(
      (name) => name.endsWith(".mjs") && !name.includes(".test."),
    );
    expect(files).toEqual([
      "01-quickstart.mjs",
      "02-pino.mjs",
      "03-rest-in-your-fastify.mjs",
      "04-selectors.mjs",
      "05-two-sinks.mjs",
      "06-alerts.mjs",
      "07-event-client.mjs",
      "08-utilization.mjs",
    ]);
    const readme = readFileSync(join(root, "examples", "README.md"), "utf8");
    for (const file of files) expect(readme).toContain(`](${file})`);
  });

  it("01 stores events and finds them again", () => {
    const printed = run("01-quickstart.mjs");
    expect(printed).toMatch(/^stored: [0-9A-Z]{26}$/m);
    expect(printed).toContain("no liquid in well B7");
    expect(printed).toContain("3 events in all");
  });

  it("02 turns pino's lines into events with type, level and error", () => {
    const printed = run("02-pino.mjs");
    expect(printed).toMatch(/20 {2}action_start +reading plate/);
    expect(printed).toMatch(/40 {2}action_failed +reading failed {2}\(alert\)/);
    expect(printed).toContain("Error: shutter jammed");
  });

  it("03 answers beside the app's own routes", () => {
    const printed = run("03-rest-in-your-fastify.mjs");
    expect(printed).toContain("1 accepted, 1 rejected");
    expect(printed).toContain("no liquid");
    expect(printed).toContain("the app's own page");
  });

  it("04 answers ten questions", () => {
    const printed = run("04-selectors.mjs");
    expect(printed.split("\n").filter((line) => /\d/.test(line)).length).toBeGreaterThanOrEqual(10);
  });

  it("05 gives a line the same id in both sinks", () => {
    const printed = run("05-two-sinks.mjs");
    const ids = [...printed.matchAll(/(arm homed|grip failed) {2}\(event ([0-9A-Z]{26})\)/g)].map(
      ([, msg, id]) => `${msg} ${id}`,
    );
    expect([ids.length, new Set(ids).size]).toEqual([4, 2]);
    expect(printed).toContain("stored  10  supply checked");
    expect(printed).not.toContain("debug");
  });

  it("06 tells a function of each event and people of an incident", () => {
    const printed = run("06-alerts.mjs");
    expect(printed).toMatch(/^hook: node_error clot in line 3, attempt 1$/m);
    expect(printed).toContain("1 mail, sent to ops@lab.example.org: node-error, 3 events");
    expect(printed).toContain("3 events, acknowledged by Ada");
  });

  it("07 logs, follows and finds through the client", () => {
    const printed = run("07-event-client.mjs");
    expect(printed.split("\n").slice(0, 4)).toEqual([
      "seen live: grip is loose",
      "seen live: drop",
      "seen live: someone must come",
      "4 acknowledged, 0 dropped",
    ]);
    expect(printed).toContain("log_critical: someone must come (plate P-0042, of the arm, in the experiment)");
    expect(printed).toContain("action_start: moving to slot 3");
  });

  it("08 tells how much a lab was used, by session, day and user", () => {
    const printed = run("08-utilization.mjs");
    expect(printed).toContain("2025-06-10T08:00:00 bio workcell: 5.0h of 10.0h, 50 %\n  arm: busy 3 h of 9.9 h\n");
    expect(printed).toContain("2025-06-11 #####............... 2.5 h\nPeak utilization on 2025-06-10: 50 %\n");
    expect(printed).toContain("\nAda,2,2,0,0,5.5,2.75,100.0,2.5,3.0");
  });
});

describe("the demo", () => {
  it("stores everything the lab sent and answers five questions", { timeout: 90_000 }, () => {
    const printed = run("lab/demo.mjs");
    for (const n of [1, 2, 3, 4, 5]) expect(printed).toMatch(new RegExp(`^${n}\\. .*\\?$`, "m"));
    expect(printed).toContain("clot detected in tip 3");
    expect(printed).toMatch(/PCR clean-up +workflow_abort/);
    expect(printed).toMatch(/plate reader +\d+ +(89|90)\.\d/);
    const [, sent, stored] = /^(\d+) events sent, (\d+) stored$/m.exec(printed) ?? [];
    expect(Number(sent)).toBeGreaterThan(70);
    expect(stored).toBe(sent);
  });
});
