/** The id of this manager: configured, or made once and kept beside the embedded database. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isUlid, newId } from "../event/id.ts";
import { sqliteFile } from "./database-url.ts";
import type { Settings } from "./settings.ts";
import { resolveMadsciPath } from "./settings-files.ts";

/** @param onTrouble told when a made id could not be kept, so that the next start will have another */
export function managerId(settings: Settings, cwd: string, onTrouble: (message: string) => void): string {
  if (settings.manager_id !== null) return settings.manager_id;
  if (settings.mongo_db_url === "memory:" || settings.mongo_db_url === "sqlite::memory:") return newId();
  const file = sqliteFile(settings.mongo_db_url);
  const directory = file === undefined ? resolveMadsciPath(".madsci/events", cwd) : dirname(file);
  return keptId(join(directory, "manager_id"), onTrouble);
}

function keptId(path: string, onTrouble: (message: string) => void): string {
  const known = read(path)?.trim();
  if (known !== undefined && isUlid(known)) return known;
  if (known) onTrouble(`${path} holds no ULID and is replaced`);
  const id = newId();
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${id}\n`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    onTrouble(`the manager id cannot be kept in ${path} (${code}); set manager_id to have the same after a restart`);
  }
  return id;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
