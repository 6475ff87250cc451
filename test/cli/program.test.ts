import { describe, expect, test } from "vitest";
import { runHere as run, VERSION } from "./run-here.ts";

describe("usage errors", () => {
  test.each([
    [["serve", "--prot", "1"], "unknown flag --prot (did you mean --port?)"],
    [["serve", "--rate-limit-request", "1"], "did you mean --rate-limit-requests?"],
    [["count", "--limit", "3"], "unknown flag --limit"],
    [["spool", "ls", "--jsno"], "unknown flag --jsno (did you mean --json?); see madsci-events spool ls --help"],
    [["dead-letter"], "madsci-events dead-letter needs one of ls, replay, discard"],
    [["dead-letter", "discard"], "discard needs either --id"],
    [["servee"], 'unknown command "servee" (did you mean serve?)'],
    [["get"], "missing required argument"],
    [["count", "{}", "{}"], "too many arguments"],
    [["query", "--since", "1h", "--from", "2h", "--url", "memory:"], "--from and --since are the same"],
    [["query", "--json", "--format", "table", "--url", "memory:"], "--json and --format table exclude each other"],
    [["query", "--follow", "--order", "oldest", "--url", "memory:"], "--follow and --order exclude each other"],
    [["query", "--where", "{nope", "--url", "memory:"], "not valid JSON"],
    [["query", "--grep", "", "--url", "memory:"], "--grep takes the text"],
    [["query", "--grep", "/(/", "--url", "memory:"], "regular expression"],
    [["query", "--grep", "x", "--cursor", "y", "--url", "memory:"], "--grep and --cursor exclude each other"],
    [["tail", "--cursor", "x", "--since", "1h", "--url", "memory:"], "--cursor and --since exclude each other"],
    [["tail", "--lines", "99999", "--url", "memory:"], "--lines takes at most 10000"],
    [["count", "--server", "http://lab:8001", "--url", "memory:"], "--server and the flags of a database"],
    [["archive", "--url", "memory:"], "archive needs a condition or --id"],
    [["archive", "--id", "a", "--level", "error", "--url", "memory:"], "--id and conditions exclude each other"],
    [["purge", "--url", "memory:"], "purge needs --older-than"],
    [["purge", "--older-than", "soon", "--url", "memory:"], "--older-than takes a length of time"],
    [["query", "--limit", "-1"], "--limit takes a whole number"],
    [["query", "--limit"], "argument missing"],
    [["query", "--order", "random"], "Allowed choices are newest, oldest"],
    [["query", "--format", "xml"], "Allowed choices"],
    [["query", "--include-archived=perhaps"], "true or false"],
    [["query", "--level", "fatal", "--url", "memory:"], "--level takes"],
    [
      ["query", "--from", "yesterday", "--url", "memory:"],
      "--from takes a time such as 10m, 2h, 7d or 2026-11-25T10:00",
    ],
    [["query", "--fields", "nope", "--url", "memory:"], 'no field "nope"'],
    [["query", "--cursor", "nope", "--url", "memory:"], "cursor"],
    [["query", "{nope", "--url", "memory:"], "not valid JSON"],
    [["query", "[1]", "--url", "memory:"], "a selector must be an object"],
    [["query", '{"$where": "1"}', "--url", "memory:"], "$where"],
    [["query", "--url", "postgres://h/db"], "sqlite:PATH, memory:, mongodb://… and mongodb+srv://…"],
    [["query", "--url", "http://localhost:8001"], "name it with --server"],
    [["serve", "--port", "99999"], "--port takes"],
    [["serve", "--rate-limit-window", "0"], "rate_limit_window: must be a whole number of at least 1"],
  ])("%j is refused with exit code 2 and one line", async (args, words) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toContain(words);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("a DB_URL of another program stops serve with exit code 2 and its name", async () => {
    const { code, stderr } = await run(["serve"], { env: { DB_URL: "postgres://app:hunter2@h/db" } });
    expect(code).toBe(2);
    expect(stderr).toContain("environment variable DB_URL");
    expect(stderr).not.toContain("hunter2");
  });

  test("DEBUG=madsci-events shows the stack", async () => {
    const { stderr } = await run(["query", "--limit", "x"], { env: { DEBUG: "madsci-events" } });
    expect(stderr).toMatch(/\n\s+at /);
  });

  test("no command at all prints the help and ends with 2", async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: madsci-events");
  });
});

describe("help", () => {
  test("--version prints the version", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  const WITH_EXAMPLES = [
    "serve",
    "tail",
    "query",
    "get",
    "count",
    "archive",
    "purge",
    "append",
    "init",
    "doctor",
    "ship",
    "spool",
    "dead-letter",
  ];

  test.each([[[]], ...WITH_EXAMPLES.map((name) => [[name]])])(
    "%j --help has examples and fits a page",
    async (command) => {
      const { code, stdout } = await run([...command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain("Examples:");
      expect(stdout.split("\n").length).toBeLessThan(45);
    },
  );

  test.each(["spool ls", "spool drain", "dead-letter ls", "dead-letter replay"])(
    "%s --help fits a page",
    async (words) => {
      const { code, stdout } = await run([...words.split(" "), "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: madsci-events ${words} [options]`);
      expect(stdout.split("\n").length).toBeLessThan(45);
    },
  );

  test("serve --list-settings prints every setting", async () => {
    const { code, stdout } = await run(["serve", "--list_settings"]);
    expect(code).toBe(0);
    for (const name of ["--url", "EVENT_RATE_LIMIT_SHORT_WINDOW", "EVENT_EMAIL_ALERTS__SMTP_SERVER"])
      expect(stdout).toContain(name);
  });
});

describe("on a terminal", () => {
  test("query prints a table", async () => {
    const { stdout } = await run(["query", "--url", "memory:"], { terminal: true });
    expect(stdout).toBe("no events\n");
  });
});
