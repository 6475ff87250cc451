/** A URL → the backend behind it. Each engine is loaded only when its URL is opened. */
import { EventStoreError } from "../errors.ts";
import type { Backend, BackendOptions } from "./backend.ts";

/**
 * Opens `sqlite:PATH`, `sqlite::memory:`, `memory:`, `mongodb://…` or `mongodb+srv://…`.
 * @throws EventStoreError `EVT_INVALID_OPTION` for another scheme, and what the engine throws.
 */
export async function openBackend(url: string, options: BackendOptions): Promise<Backend> {
  const engine = engineOf(url);
  if (engine.kind === "sqlite") {
    const { openSqlite } = await import("./sqlite/index.ts");
    return openSqlite(engine.path, options);
  }
  const { openMongo } = await import("./mongo/index.ts");
  return openMongo(url, options);
}

export type Engine = { readonly kind: "mongo" } | { readonly kind: "sqlite"; readonly path: string };

/** The engine behind a URL. @throws EventStoreError `EVT_INVALID_OPTION` */
export function engineOf(url: string): Engine {
  if (typeof url !== "string")
    throw new EventStoreError("EVT_INVALID_OPTION", "url must be a text, like sqlite:events.db");
  if (url === "memory:") return { kind: "sqlite", path: ":memory:" };
  if (url.startsWith("sqlite:")) return { kind: "sqlite", path: sqlitePath(url) };
  if (/^mongodb(\+srv)?:\/\//.test(url)) return { kind: "mongo" };
  const accepted = "sqlite:PATH, memory:, mongodb://… or mongodb+srv://…";
  throw new EventStoreError("EVT_INVALID_OPTION", `"${redactUrl(url)}" is not the URL of a store; use ${accepted}`);
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
