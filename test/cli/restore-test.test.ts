/** C64: a backup whose restore test fails is a failure in every command that makes one, and nothing goes on from there. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { TcpProxy } from "../helpers/tcp-proxy.ts";
import { ENGINES, forgetVersions, recordsOf, type TestPlace, used } from "../schema/setup.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

afterEach(() => vi.unstubAllEnvs());

const COMMANDS = ["backup create", "migrate --backup-only", "migrate --backup_only true", "migrate"];

/** A database without tracking, whose server or disk has no place for a scratch database. */
async function cramped({ url, database }: TestPlace): Promise<TestPlace> {
  await used({ url, database });
  await forgetVersions({ url, database });
  if (url.startsWith("sqlite:")) {
    vi.stubEnv("TMPDIR", "/nonexistent");
    return { url, database };
  }
  const proxy = await TcpProxy.to(Number(new URL(url).port), new URL(url).hostname);
  onTestFinished(() => proxy.close());
  proxy.onClientData = (chunk) => (chunk.includes("_verify_") ? "drop" : "pass");
  return { url: `mongodb://127.0.0.1:${proxy.port}/?retryWrites=false`, database };
}

describe.each(ENGINES)("$name", ({ skip, place: newPlace }) => {
  it.skipIf(skip).each(COMMANDS)("%s: exit code 1, and it says why", async (line) => {
    const command = line.split(" ");
    const place = newPlace();
    const cwd = project();
    const { url, database } = await cramped(place);
    const where = ["--database", database, "--db-url", url, "--backup-dir", "backups"];
    const { code, stdout, stderr } = await runHere([...command, ...where], { cwd });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("Backup restore test failed");
    const records = await recordsOf(place, true);
    expect((await records.facts()).versions).toEqual([]);
    const names = existsSync(join(cwd, "backups")) ? readdirSync(join(cwd, "backups")) : [];
    expect(names.filter((name) => name.startsWith("."))).toEqual([]);
    const untested = await runHere([...command, ...where, "--no-restore-test"], { cwd });
    expect([untested.code, untested.stderr]).toEqual([0, ""]);
  });
});
