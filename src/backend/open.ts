/** A URL → the backend behind it. Each engine is loaded only when its URL is opened. */
import { EventStoreError } from "../errors.ts";
import type { Backend, BackendOptions } from "./backend.ts";

/**
 * Opens `sqlite:PATH`, `sqlite::memory:`, `memory:`, `mongodb://…` or `mongodb+srv://…`.
 * @throws EventStoreError `EVT_INVALID_OPTION` for another scheme, and what the engine throws.
 */
export async function openBackend(url: string, options: BackendOptions): Promise<Backend> {
  if (url === "memory:") return openFile(":memory:", options);
  if (url.startsWith("sqlite:")) return openFile(sqlitePath(url), options);
  if (/^mongodb(\+srv)?:\/\//.test(url)) {
    const { openMongo } = await import("./mongo/index.ts");
    return openMongo(url, options);
  }
  const accepted = "sqlite:PATH, memory:, mongodb://… or mongodb+srv://…";
  throw new EventStoreError("EVT_INVALID_OPTION", `"${redactUrl(url)}" is not the URL of a store; use ${accepted}`);
}

async function openFile(path: string, options: BackendOptions): Promise<Backend> {
  const { openSqlite } = await import("./sqlite/index.ts");
  return openSqlite(path, options);
}

/** The path of `sqlite:PATH` or `sqlite://PATH`, taken literally. */
function sqlitePath(url: string): string {
  const path = url.slice("sqlite:".length).replace(/^\/\/(?=.)/, "");
  if (path !== "" && path !== "//" && !path.includes("\0")) return path;
  throw new EventStoreError("EVT_INVALID_OPTION", "the URL names no file; use sqlite:PATH, e.g. sqlite:./events.db");
}

/** A URL as it may be shown: without user and password, also where they hold characters they should not. */
export function redactUrl(url: string): string {
  return url.replace(/^((?:[a-z][a-z0-9+.-]*:)?(?:\/\/)?).*@/is, "$1");
}
