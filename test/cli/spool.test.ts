import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ensureBuilt, start } from "./run.ts";
import { Bench, lines, NOWHERE } from "./ship-run.ts";

beforeAll(ensureBuilt);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.stop());

/** Lines of a process that ended without a server. */
async function leave(count: number, ...args: string[]): Promise<string> {
  const before = new Set(existsSync(bench.spools) ? readdirSync(bench.spools) : []);
  await bench.here(["ship", "--url", NOWHERE, "--spool-dir", bench.spools, ...args], { input: lines(count) });
  const [made] = readdirSync(bench.spools).filter((name) => !before.has(name) && /^[0-9A-Z]{26}$/.test(name));
  return made as string;
}

function segment(sender: string): string {
  return join(bench.spools, sender, "00000001.seg");
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const rows = async () => JSON.parse((await bench.here(["spool", "ls", "--json", bench.spools])).stdout);

describe("spool", () => {
  test("a server away for the whole run: ls, cat and verify show what waits, drain sends it to another server", async () => {
    const sender = await leave(700);
    expect(await rows()).toMatchObject([
      { sender, owner: "dead", destination: NOWHERE, segments: 1, waiting: 700, drops_not_told: 0 },
    ]);
    const table = await bench.here(["spool", "ls", bench.spools]);
    expect(table.stdout).toMatch(/^SENDER +OWNER +SEGMENTS +BYTES +WAITING +OLDEST +DROPS +DESTINATION\n/);
    expect(await bench.here(["spool", "verify", bench.spools])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("intact"),
    });
    const raw = await bench.run(["spool", "cat", "--raw", bench.spools]);
    expect(raw.stdout).toBe(lines(700));
    const cat = await bench.here(["spool", "cat", "--sender", sender, bench.spools]);
    const events = cat.stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
    const { url } = await bench.serve();
    const drained = await bench.run(["spool", "drain", bench.spools, "--url", url]);
    expect(drained).toMatchObject({ code: 0, stdout: "" });
    expect(drained.stderr).toContain(`byte(s) for ${NOWHERE}`);
    expect(drained.stderr).toContain("700 acknowledged, 0 dead-lettered, 0 dropped");
    const stored = await bench.stored();
    expect(stored.map(({ _id, event_data }) => [_id, event_data.seq])).toEqual(
      events.map(({ _id, event_data }) => [_id, event_data.seq]),
    );
    expect(stored[0]?.event_data.sender).toBe(sender);
    expect(readdirSync(bench.spools)).toEqual([]);
    expect(await bench.here(["spool", "ls", bench.spools])).toMatchObject({
      code: 0,
      stdout: `no spools in ${bench.spools}\n`,
    });
  });

  test("drain that reaches nobody puts everything back and ends with 4", async () => {
    const sender = await leave(30);
    await leave(10, "--url", "http://127.0.0.1:10");
    const before = await rows();
    const { code, stderr } = await bench.here([
      "spool",
      "drain",
      bench.spools,
      "--url",
      NOWHERE,
      "--give-up-ms",
      "500",
    ]);
    expect(code).toBe(4);
    expect(stderr).toContain(`error: 2 spool(s) are left in ${bench.spools}`);
    expect(await rows()).toEqual(before);
    expect(readdirSync(bench.spools)).toContain(sender);
  });

  test("drain leaves a living owner's folder alone, and cat and verify read it while it is written", async () => {
    await leave(5);
    const child = start(["ship", "--url", "http://127.0.0.1:10", "--spool-dir", bench.spools], bench.options);
    child.stdin?.write(lines(200));
    await expect
      .poll(async () => (await rows()).map((row: { owner: string; waiting: number }) => [row.owner, row.waiting]), {
        timeout: 20_000,
      })
      .toEqual([
        ["dead", 5],
        ["alive", 200],
      ]);
    child.stdin?.write(lines(3000));
    const verified = await bench.here(["spool", "verify", bench.spools]);
    expect(verified).toMatchObject({ code: 0, stderr: "" });
    const cat = await bench.here(["spool", "cat", "--raw", bench.spools]);
    expect(cat.stdout.split("\n").length).toBeGreaterThan(200);
    const { url } = await bench.serve();
    const drained = await bench.here(["spool", "drain", bench.spools, "--url", url]);
    expect(drained.code).toBe(0);
    expect(drained.stderr).toContain("its owner lives; left alone");
    expect(await bench.stored()).toHaveLength(5);
    child.stdin?.end();
    await once(child, "close");
    expect(await rows()).toMatchObject([{ owner: "dead", waiting: 3200 }]);
  });

  test("verify finds a flipped byte and what is missing for it; drain sends the rest and tells of the gap", async () => {
    await leave(100);
    const child = start(["ship", "--url", "http://127.0.0.1:10", "--spool-dir", bench.spools], bench.options);
    for (let n = 1; n <= 3; n++) {
      child.stdin?.write(lines(10));
      await expect.poll(async () => (await rows())[1]?.waiting, { timeout: 20_000 }).toBe(10 * n);
    }
    child.kill("SIGKILL");
    await once(child, "close");
    const [, { sender }] = await rows();
    flip(segment(sender), 64 + 52 + 20);
    const { code, stdout, stderr } = await bench.here(["spool", "verify", bench.spools]);
    expect(code).toBe(1);
    expect(stderr).toContain("1 of 2 spool(s) are damaged");
    expect(stdout).toMatch(
      /: 2 frame\(s\), \d+ damaged byte\(s\), 10 line\(s\) missing\n {2}\d+ damaged byte\(s\) in .*\n {2}lines 1 to 10 are missing\n/,
    );
    const { url } = await bench.serve();
    expect((await bench.here(["spool", "drain", bench.spools, "--url", url])).code).toBe(0);
    const stored = await bench.stored();
    expect(stored.filter(({ event_type }) => event_type !== "log_dropped")).toHaveLength(120);
    expect(
      stored.filter(({ event_type }) => event_type === "log_dropped").map(({ event_data }) => event_data),
    ).toMatchObject([{ count: 10, first_seq: 1, last_seq: 10, sender }]);
  });

  test("a torn end is no damage, a flipped byte in the last frame is", async () => {
    const sender = await leave(50);
    const whole = readFileSync(segment(sender));
    writeFileSync(segment(sender), Buffer.concat([whole, whole.subarray(64, 64 + 70)]));
    const torn = await bench.here(["spool", "verify", bench.spools]);
    expect(torn).toMatchObject({ code: 0, stdout: expect.stringContaining("70 byte(s) of a torn end") });
    writeFileSync(segment(sender).replace("1.seg", "2.seg"), whole.subarray(0, 20));
    expect((await bench.here(["spool", "verify", bench.spools])).code).toBe(0);
    writeFileSync(segment(sender), whole);
    flip(segment(sender), whole.length - 5);
    expect((await bench.here(["spool", "verify", bench.spools])).code).toBe(1);
  });

  test("without DIR it looks where ship puts its spools", async () => {
    await bench.here(["ship", "--url", NOWHERE], { input: lines(4) });
    const { stdout } = await bench.here(["spool", "cat", "--raw"]);
    expect(stdout).toBe(lines(4));
  });

  test("drain with nothing to do creates nothing", async () => {
    mkdirSync(bench.spools);
    const { code, stderr } = await bench.here(["spool", "drain", bench.spools, "--url", NOWHERE]);
    expect({ code, stderr, files: readdirSync(bench.spools) }).toEqual({
      code: 0,
      stderr: `madsci-events: nothing to drain in ${bench.spools}\n`,
      files: [],
    });
  });

  test.each([
    [["ls", "nowhere"], "there is no folder nowhere", 2],
    [["drain"], "--url is missing", 2],
    [["drain", "--url", "http://x", "--give-up-ms", "0"], "--give-up-ms takes", 2],
    [["drain", "--url", "http://x", "--tee"], "unknown flag --tee (did you mean --key?)", 2],
    [["cat", "--sender", "01JYKZDPANTNRYXF5TQKRJS0F2"], "there is no spool of the sender", 1],
    [["drian"], 'unknown command "drian" (did you mean drain?)', 2],
    [[], "madsci-events spool needs one of ls, cat, verify, drain", 2],
  ])("spool %j is refused in one line", async (args, words, expected) => {
    const { code, stdout, stderr } = await bench.here(["spool", ...args]);
    expect(stderr).toContain(words);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
  });
});
