/** Commands that write files never harm a database or an input, and a disk that is full ends them cleanly. */
import { execFileSync } from "node:child_process";
import { createWriteStream, existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Output } from "../../src/cli/io.ts";
import { EventStore } from "../../src/store/store.ts";
import { ensureBuilt, MAIN, project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
beforeEach(async () => {
  cwd = project();
  await using store = await EventStore.open(`sqlite:${cwd}/lab.db`);
  await store.append([{ _id: "kept", event_data: 1 }]);
});

const command = (...args: string[]) => runHere([...args, "--url", `sqlite:${cwd}/lab.db`], { cwd });

async function isKept(name = "lab.db"): Promise<boolean> {
  await using store = await EventStore.open(`sqlite:${cwd}/${name}`, { readOnly: true });
  return (await store.get("kept")) !== undefined;
}

describe("export", () => {
  test.each(["lab.db", "lab.db-wal", "lab.db-shm", "lab.db.lock", "./lab.db", "soft.db", "hard.db", "folder/lab.db"])(
    "is refused onto the database it reads: %s",
    async (name) => {
      symlinkSync(join(cwd, "lab.db"), join(cwd, "soft.db"));
      linkSync(join(cwd, "lab.db"), join(cwd, "hard.db"));
      symlinkSync(cwd, join(cwd, "folder"));
      const run = await command("export", name, "--force");
      expect(run.stderr).toBe(`error: ${name} would be written over a database; name another file\n`);
      expect(run.code).toBe(2);
      expect(await isKept()).toBe(true);
      expect(existsSync(join(cwd, `${name}.partial`))).toBe(false);
    },
  );

  test.each(["lab.db", "lab.db-wal"])("is refused onto a database, whatever it reads: %s", async (name) => {
    const run = await runHere(["export", name, "--force", "--url", "memory:"], { cwd });
    expect(run.stderr).toContain(`${name} would be written over a database`);
    expect(run.code).toBe(2);
    expect(await isKept()).toBe(true);
  });

  test("is refused where its unfinished file would be the database", async () => {
    writeFileSync(join(cwd, "out.partial"), readFileSync(join(cwd, "lab.db")));
    const run = await command("export", "out");
    expect(run.code).toBe(2);
    expect(readFileSync(join(cwd, "out.partial"))).toEqual(readFileSync(join(cwd, "lab.db")));
  });
});

describe("import --rejects", () => {
  const importing = (rejects: string) => command("import", "in.ndjson", "--rejects", rejects);
  beforeEach(() => writeFileSync(join(cwd, "in.ndjson"), '{"_id":"new","event_data":1}\n{"cut\n'));

  test.each(["lab.db", "lab.db-wal", "lab.db.lock"])("is refused where it names the database: %s", async (name) => {
    const run = await importing(name);
    expect(run.code).toBe(2);
    expect(run.stderr).toBe(`error: --rejects ${name} would be written into a database; name another file\n`);
    expect(await isKept()).toBe(true);
  });

  test.each(["in.ndjson", "link.ndjson"])("is refused where it names an input: %s", async (name) => {
    symlinkSync(join(cwd, "in.ndjson"), join(cwd, "link.ndjson"));
    const before = readFileSync(join(cwd, "in.ndjson"), "utf8");
    const run = await importing(name);
    expect(run.code).toBe(2);
    expect(run.stderr).toBe(`error: --rejects ${name} is one of the files to import; name another file\n`);
    expect(readFileSync(join(cwd, "in.ndjson"), "utf8")).toBe(before);
  });

  test("may lie beside them", async () => {
    mkdirSync(join(cwd, "other"));
    expect((await importing("other/refused.ndjson")).stderr).toContain("2 read: 1 stored");
  });
});

describe.skipIf(!existsSync("/dev/full"))("on a disk that is full", () => {
  test.each([[["query", "--limit", "0"]], [["query", "--json"]], [["export", "-"]], [["count"]], [["--help"]]])(
    "%j ends with one line and exit code 4",
    async (args) => {
      const out = new Output(createWriteStream("/dev/full"));
      const url = args[0] === "--help" ? [] : ["--url", `sqlite:${cwd}/lab.db`];
      const run = await runHere([...args, ...url], { cwd, out });
      expect(run.stderr).toBe("error: stdout cannot be written (ENOSPC)\n");
      expect(run.code).toBe(4);
    },
  );

  test("an end that is missing in a file is told of", async () => {
    ensureBuilt();
    await using store = await EventStore.open(`sqlite:${cwd}/lab.db`);
    await store.append([1, 2, 3].map((n) => ({ event_data: n + "x".repeat(200_000) })));
    const limited = `ulimit -f 300; "${process.execPath}" "${MAIN}" export - --url sqlite:lab.db > out; echo $?`;
    const code = execFileSync("bash", ["-c", limited], { cwd, encoding: "utf8", stdio: "pipe" });
    expect(code).toBe("4\n");
  });

  test("import says how far it came, and the same command goes on", async () => {
    writeFileSync(join(cwd, "in.ndjson"), '{"_id":"new","event_data":1}\n{"cut\n');
    const env = { XDG_STATE_HOME: join(cwd, "state") };
    const args = ["import", "in.ndjson", "--url", `sqlite:${cwd}/lab.db`, "--rejects"];
    const run = await runHere([...args, "/dev/full"], { cwd, env });
    expect(run.stderr).toContain("error: stopped after 0 of in.ndjson (byte 0) (--rejects /dev/full cannot be written");
    expect(run.stderr).toContain("(ENOSPC)); the same command goes on from there\n");
    expect(run.code).toBe(4);
    const again = await runHere([...args, "refused.ndjson"], { cwd, env });
    expect(again.stderr).toContain("2 read: 0 stored, 1 duplicate, 0 conflict, 1 invalid");
    expect(readFileSync(join(cwd, "refused.ndjson"), "utf8")).toContain('"text":"{\\"cut"');
  });
});
