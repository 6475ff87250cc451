/** What a command line is given by mistake: pipes, bytes that are no text, words that are no time. Each is told. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/cli/config.ts";
import { describeError, oneLine, usageError } from "../../src/cli/exit.ts";
import { settingsYaml } from "../../src/cli/settings-yaml.ts";
import { EventStore } from "../../src/store/store.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
beforeEach(() => {
  cwd = project();
});

const line = (id: string) => `{"_id":"${id}","event_data":"x"}\n`;
const BROKEN = Buffer.concat([
  Buffer.from(`${line("before")}{"_id":"broken","event_data":"`),
  Buffer.from([0xff, 0xfe]),
  Buffer.from(`"}\n${line("behind")}`),
]);

async function storedIds(): Promise<string[]> {
  await using store = await EventStore.open(`sqlite:${cwd}/lab.db`, { readOnly: true });
  return (await store.find().toArray()).map(({ _id }) => _id).sort();
}

const command = (args: string[], stdin = Readable.from([])) =>
  runHere([...args, "--url", `sqlite:${cwd}/lab.db`], { cwd, stdin });

describe("a line that is not UTF-8", () => {
  test("is refused by import with its number, goes to --rejects, and its neighbours are stored", async () => {
    writeFileSync(join(cwd, "in.ndjson"), BROKEN);
    const run = await command(["import", "in.ndjson", "--rejects", "refused.ndjson"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("in.ndjson line 2: invalid: not valid UTF-8\n");
    expect(run.stderr).toContain("3 read: 2 stored, 0 duplicate, 0 conflict, 1 invalid");
    expect(JSON.parse(readFileSync(join(cwd, "refused.ndjson"), "utf8"))).toMatchObject({ place: "line 2" });
    expect(await storedIds()).toEqual(["before", "behind"]);
  });

  test("is refused in a log file too", async () => {
    const log = "2026-11-25T10:00:00Z [info     ] pump ";
    writeFileSync(join(cwd, "a.log"), Buffer.concat([Buffer.from(`${log}on\n${log}`), Buffer.from([0xff, 10])]));
    const run = await command(["import", "a.log"]);
    expect(run.stderr).toContain("a.log line 2: invalid: not valid UTF-8\n");
    expect(run.stderr).toContain("2 read: 1 stored");
  });

  test("is refused by append with its number, and its neighbours are stored", async () => {
    const run = await command(["append"], Readable.from([BROKEN]));
    expect(run.code).toBe(2);
    expect(run.stdout).toBe("2 acknowledged (2 stored, 0 already there)\n");
    expect(run.stderr).toContain("line 2: not valid UTF-8\n");
    expect(await storedIds()).toEqual(["before", "behind"]);
  });

  test("of a document is told, and nothing of it is stored", async () => {
    const array = Buffer.concat([Buffer.from("[\n{}\n,"), Buffer.from([0xff]), Buffer.from("]\n")]);
    const run = await command(["append"], Readable.from([array]));
    expect(run).toMatchObject({ code: 2, stdout: "0 acknowledged (0 stored, 0 already there)\n" });
    expect(run.stderr).toBe("error: the JSON document is not valid UTF-8 in line 3\n");
  });
});

describe("import", () => {
  test.skipIf(process.platform === "win32")("refuses a pipe at once and says how to read it", async () => {
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    const run = await command(["import", "pipe"]);
    expect(run.code).toBe(2);
    expect(run.stderr).toBe(
      "error: pipe is a pipe or a device, no file; use - and hand it over on stdin: import - < pipe\n",
    );
  });

  test("names what it passes over in a folder of log files", async () => {
    mkdirSync(join(cwd, "logs/old"), { recursive: true });
    writeFileSync(join(cwd, "logs/a.ndjson"), line("a"));
    for (const name of ["b.txt", "c.csv"]) writeFileSync(join(cwd, "logs", name), "x");
    const run = await command(["import", "logs"]);
    expect(run.stderr).toMatch(/^logs: passed over b\.txt, c\.csv, old\/; name a file or folder to import it\n/);
    expect(run.stderr).toContain("1 read: 1 stored");
    for (const name of ["d", "e", "f"]) writeFileSync(join(cwd, "logs", name), "x");
    expect((await command(["import", "logs"])).stderr).toContain("passed over b.txt, c.csv, d, e, f and 1 more;");
  });

  test("says nothing where it takes all of a folder", async () => {
    mkdirSync(join(cwd, "logs"));
    writeFileSync(join(cwd, "logs/a.ndjson"), line("a"));
    expect((await command(["import", "logs"])).stderr).not.toContain("passed over");
  });
});

const ODD = [
  ...["a\nb", "a\r\n\r\nb ", " a", "a: b #c", "- a", "# a", "'a'", '"a"', "\\n", "*a", "&a", "!a", "%a", "@a", "`a"],
  ...[
    "{a",
    "[a]",
    "|",
    ">",
    "~",

    "true",
    "no",
    "1",
    "1e3",
    "0x1f",
    "2025-01-01",
    "---",
    "...",
    "a\tb",
    "\u0007",
  ],
  ...["a\u0085b\u2028c\u2029d", "\ufeffa", "\u007f\u009b", "é 😀 漢", "x".repeat(300), `${"long ".repeat(30)}\nend`],
];

test.each(ODD)("init writes a name that reads back as it was: %j", (name) => {
  writeFileSync(join(cwd, "event.settings.yaml"), settingsYaml({ manager_name: name }));
  const { settings, warnings } = loadConfig({ flags: {}, env: {}, cwd });
  expect({ name: settings.manager_name, warnings }).toEqual({ name, warnings: [] });
});

test("init --name with a line break writes a file that can be read", async () => {
  expect(await runHere(["init", "--name", "a\nb"], { cwd })).toMatchObject({ code: 0 });
  expect(loadConfig({ flags: {}, env: {}, cwd }).settings.manager_name).toBe("a\nb");
});

describe("a flag that cannot be understood", () => {
  test.each([
    ["--since=garbage", "--since takes a time such as 10m, 2h, 7d or 2026-11-25T10:00"],
    ["--from=", "--from takes a time such as 10m, 2h, 7d or 2026-11-25T10:00"],
    ["--until=the day before", "--until takes a time such as 10m, 2h, 7d or 2026-11-25T10:00 (not an ISO 8601"],
    ["--to=2025-02-30", "--to takes a time such as 10m, 2h, 7d or 2026-11-25T10:00 ("],
    ["--type=", "--type takes event types, separated by commas"],
    ["--type=,", "--type takes event types, separated by commas"],
    ["--type=node_error,,log_error", "--type takes event types, separated by commas"],
  ])("is named as it was typed: %s", async (flag, words) => {
    const run = await runHere(["query", flag, "--url", "memory:"], { cwd });
    expect(run.stderr).toContain(`error: ${words}`);
    expect(run.code).toBe(2);
  });
});

test("control characters never reach the terminal with an error", async () => {
  expect(describeError(usageError("a\u001b[31m\u009bb\r\nc"), false)).toBe("error: a\\u001b[31m\\u009bb c");
  expect(describeError(new Error("\u001b]0;x\u0007"), false)).toContain("error: Error: \\u001b]0;x\\u0007\n");
  expect(describeError("\u001b", false)).toBe("error: \\u001b");
  expect(oneLine("é\tx")).toBe("é\tx");
  const run = await runHere(["import", "\u001b[2Jno"], { cwd });
  expect(run.stderr).toBe("error: \\u001b[2Jno does not exist\n");
});
