/** `backup`: what is refused before anything is touched. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
beforeEach(() => {
  cwd = project();
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

describe("usage", () => {
  it.each([
    [["create", "--labl", "x"], "did you mean --label"],
    [["create", "--label", "../x"], "label"],
    [["create", "--label", "a", "--name_suffix", "b"], "mean the same"],
    [["create", "--label", ""], "label"],
    [["create", "--format", "tar"], "folder, archive, sqlite"],
    [["create", "--format", "sqlite", "--gzip"], "whole file"],
    [["create", "--format", "sqlite", "--collections", "events"], "whole file"],
    [["create", "--collections", "events,,x"], "separated by commas"],
    [["create", "--no-validate", "--restore-test"], "exclude each other"],
    [["create", "--gzip", "--no-compression"], "mean the same"],
    [["create", "--backup-max-count", "0"], "backup_max_count"],
    [["create", "--database-name", "other"], "two databases"],
    [["create", "surplus"], "too many arguments"],
    [["restore"], "missing required argument"],
    [["restore", "x", "--into", "a", "--target_database", "b"], "two databases"],
    [["restore", "x", "--into", "a"], "--url sqlite:PATH"],
    [["restore", "x", "--drop=perhaps"], "true or false"],
    [["creat"], "did you mean create"],
    [["verify", "x", "--config-file", "nowhere.json"], "there is no such file"],
    [[], "needs one of create, list"],
  ])("%j is refused with exit code 2, before anything is touched", async (args, words) => {
    const where = ["--database", "lab", "--db-url", `sqlite:${join(cwd, "never.db")}`, "--backup-dir", "backups"];
    const { code, stderr } = await runHere(["backup", ...args, ...(args.length > 0 ? where : [])], { cwd });
    expect(stderr).toContain(words);
    expect(code).toBe(2);
    expect(readdirSync(cwd)).toEqual([".git"]);
  });

  it("C74: a database must be named where none is known", async () => {
    for (const args of [["create"], ["restore", ".git"]]) {
      const { code, stderr } = await runHere(["backup", ...args], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining("MongoDB URL is required")]);
    }
  });

  it("a MongoDB database is no file to be copied", async () => {
    const url = "mongodb://127.0.0.1:9/lab";
    const { code, stderr } = await runHere(["backup", "create", "--url", url, "--format", "sqlite"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--format sqlite .* there is folder and archive/)]);
  });

  it("never shows the password of a URL", async () => {
    const url = "mongodb://lab:hunter2@127.0.0.1:9/?serverSelectionTimeoutMS=200";
    const { code, stdout, stderr } = await runHere(["backup", "create", "--url", url, "--database", "lab"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining("Backup failed")]);
    expect(stdout + stderr).not.toContain("hunter2");
  });
});
