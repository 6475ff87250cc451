/**
 * Secrets by reference, as `alerting` names them: `env:NAME` is a variable of the environment or of a `.env` file,
 * `file:PATH` a file that holds nothing else (a line break at its end does not count).
 *
 * A reference to nothing is undefined; whoever asked says so, by the reference.
 */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { SettingsFile } from "./settings-files.ts";

/** A larger file holds something else. */
const MAX_BYTES = 65_536;

export type SecretReader = (reference: string) => string | undefined;

export interface SecretPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of `.env` files, lowest precedence first; the environment itself wins. */
  readonly envFiles: readonly SettingsFile[];
  /** Where relative paths start. */
  readonly folder: string;
}

export function secretReader({ env, envFiles, folder }: SecretPlaces): SecretReader {
  return (reference) => {
    const [, kind, name = ""] = /^(env|file):(.+)$/s.exec(reference) ?? [];
    if (kind === "file") return fileText(resolve(folder, name));
    if (kind !== "env") return undefined;
    const inFiles = envFiles.map(({ values }) => values[name]).filter((value) => typeof value === "string");
    const value = env[name] ?? (inFiles.at(-1) as string | undefined);
    return value === "" ? undefined : value;
  };
}

function fileText(path: string): string | undefined {
  try {
    if (statSync(path).size > MAX_BYTES) return undefined;
    const text = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}
