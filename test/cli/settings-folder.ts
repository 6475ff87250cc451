/** A project folder per test, files to put in it, and the configuration it makes. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { type Config, type ConfigInput, loadConfig } from "../../src/cli/config.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { EventStoreError } from "../../src/errors.ts";

/** The folder; it is the project root. */
export let root: string;

/** Makes it anew; for each file's own `beforeEach`, since files share this module. */
export function newFolder(): void {
  root = mkdtempSync(join(tmpdir(), "madsci-config-"));
  mkdirSync(join(root, ".git"));
}

/** Writes a file below the folder. */
export function put(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

export function load(input: Partial<ConfigInput> = {}): Config {
  return loadConfig({ flags: {}, env: {}, cwd: root, ...input });
}

export function settings(input: Partial<ConfigInput> = {}): Settings {
  return load(input).settings;
}

/** The message with which a configuration is refused. */
export function failure(input: Partial<ConfigInput>): string {
  try {
    load(input);
  } catch (error) {
    expect(error).toBeInstanceOf(EventStoreError);
    expect((error as EventStoreError).code).toBe("EVT_INVALID_OPTION");
    return (error as EventStoreError).message;
  }
  throw new Error("expected a refusal");
}
