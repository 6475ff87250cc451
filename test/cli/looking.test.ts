import { PassThrough } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { EventStore } from "../../src/store/store.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

const NODE = "01JYKZDPANTNRYXF5TQKRJS0F2";
const EVENTS = [
  { _id: "a", event_type: "node_start", event_timestamp: "2025-01-01T10:00:00Z", event_data: { message: "arm is up" } },
  {
    _id: "b",
    event_type: "node_error",
    log_level: 40,
    event_timestamp: "2025-01-02T10:00:00Z",
    source: { node_id: NODE },
    event_data: { message: "clot", plate: "P-17" },
  },
  {
    _id: "c",
    event_type: "node_error",
    log_level: 40,
    event_timestamp: "2025-01-03T10:00:00Z",
    event_data: { message: "clot", plate: "P-18" },
  },
  {
    _id: "d",
    event_type: "log_debug",
    log_level: 10,
    event_timestamp: "2025-01-04T10:00:00Z",
    event_data: "p-17 in text",
  },
];

let cwd: string;

async function fill(): Promise<void> {
  cwd = project();
  await using store = await EventStore.open(`sqlite:${cwd}/.madsci/events/events.db`);
  await store.append(EVENTS);
}

/** The ids a query prints, in its order. */
async function ids(...flags: string[]): Promise<string> {
  const { stdout, stderr, code } = await runHere(["query", "--json", ...flags], { cwd });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return stdout
    .split("\n")
    .map((line) => (line === "" ? "" : JSON.parse(line)._id))
    .join("");
}

describe("query and count", () => {
  beforeAll(fill);

  test.each([
    [["--where", '{"log_level":{"$gte":40}}'], "cb"],
    [["--where", '{"log_level":{"$gte":40}}', "--where", '{"event_data.plate":"P-17"}'], "b"],
    [['{"event_type":"node_error"}', "--where", '{"event_data.plate":"P-18"}'], "c"],
    [["--since", "2025-01-02T00:00:00Z", "--until", "2025-01-03T12:00:00Z"], "cb"],
    [["--grep", "p-17"], "db"],
    [["--grep", "p-17", "--limit", "0", "--order", "oldest"], "bd"],
    [["--grep", "/^P-1[78]$/", "--level", "error"], "cb"],
    [["--node", "js0f2"], "b"],
  ])("%j selects %s", async (flags, expected) => {
    expect(await ids(...flags)).toBe(expected);
    const counting = flags.filter((flag, i) => !/--limit|--order/.test(`${flag}${flags[i - 1]}`));
    expect(await runHere(["count", ...counting], { cwd })).toMatchObject({ stdout: `${expected.length}\n`, code: 0 });
  });

  test("a limit with --grep counts what is printed, and says that more may follow", async () => {
    const { stdout, stderr } = await runHere(["query", "--grep", "clot", "--limit", "1"], { cwd });
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("more may follow");
  });

  test("--color paints, --no-color does not, and --json never has colour", async () => {
    const table = ["query", "--format", "table"];
    expect((await runHere([...table, "--color"], { cwd })).stdout).toContain("\u001b[31mERROR");
    expect((await runHere([...table, "--no-color"], { cwd, terminal: true })).stdout).not.toContain("\u001b");
    expect((await runHere(["query", "--json", "--color"], { cwd })).stdout).not.toContain("\u001b");
  });
});

describe("get", () => {
  beforeAll(fill);

  test("prints several events in the order asked for", async () => {
    const { stdout, code } = await runHere(["get", "c", "a", "--json"], { cwd });
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)._id),
    ).toEqual(["c", "a"]);
    expect(code).toBe(0);
  });

  test("prints those there are, names the others and ends with 1", async () => {
    const { stdout, stderr, code } = await runHere(["get", "no", "a", "--format", "table"], { cwd });
    expect(stdout).toContain("arm is up");
    expect({ stderr, code }).toEqual({ stderr: 'error: there is no event with the id "no"\n', code: 1 });
  });
});

/** A person at the terminal who gives this answer. */
function person(answer: string): Partial<Io> & { asked: () => string } {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.write(answer);
  let asked = "";
  return { stdin: stdin as unknown as Io["stdin"], progress: (line) => (asked += line), asked: () => asked };
}

describe("archive and purge", () => {
  beforeAll(fill);

  test("say what they would do, and do nothing, with --dry-run and without --yes", async () => {
    const dry = await runHere(["archive", "--level", "error", "--dry-run"], { cwd });
    expect(dry).toMatchObject({ code: 0, stdout: "2 events would be archived\n" });
    const unasked = await runHere(["archive", "--level", "error"], { cwd });
    expect(unasked).toMatchObject({ code: 2, stdout: "" });
    expect(unasked.stderr).toContain("this would archive 2 events; add --yes");
    expect(await ids("--level", "error")).toBe("cb");
  });

  test("ask a person, and a no changes nothing", async () => {
    const io = person("n\n");
    const refused = await runHere(["archive", "--level", "error"], { cwd, ...io });
    expect(io.asked()).toBe("archive 2 events? [y/N] ");
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: "error: nothing was changed\n" });
    expect(await ids("--level", "error")).toBe("cb");
  });

  test("hide exactly what matches, again without effect, and delete it in the end", async () => {
    const agreed = await runHere(["archive", "--grep", "p-17", "--until", "now"], { cwd, ...person("y\n") });
    expect(agreed).toMatchObject({ code: 0, stdout: "2 events archived\n" });
    expect(await ids()).toBe("ca");
    expect(await ids("--include-archived")).toBe("dcba");
    expect(await runHere(["archive", "--id", "b", "--id", "d", "--yes"], { cwd })).toMatchObject({
      stdout: "0 events archived\n",
    });
    expect(await runHere(["archive", "--id", "a", "--yes"], { cwd })).toMatchObject({ stdout: "1 event archived\n" });
    const young = await runHere(["purge", "--older-than", "1d", "--yes"], { cwd });
    expect(young).toMatchObject({ code: 0, stdout: "0 events deleted\n" });
    const unasked = await runHere(["purge", "--older-than_days", "0"], { cwd });
    expect(unasked).toMatchObject({ code: 2 });
    expect(unasked.stderr).toContain("this would delete 3 events for good; add --yes");
    const dry = await runHere(["purge", "--older-than", "0d", "--dry-run"], { cwd });
    expect(dry).toMatchObject({ code: 0, stdout: "3 events would be deleted\n" });
    const done = await runHere(["purge", "--older_than_days", "0", "--yes"], { cwd });
    expect(done).toMatchObject({ code: 0, stdout: "3 events deleted\n" });
    expect(await ids("--include-archived")).toBe("c");
  });
});
