/** The reports of `serve`: made in a thread, so that they delay no event. */
import type { Reporter } from "../rest/reporter.ts";
import type { Config } from "./config.ts";
import { sqliteFile } from "./database-url.ts";
import { placeOptions } from "./open-store.ts";

/** Undefined where only this thread can read the store (in memory), or has no file for another. */
export async function serveReports(config: Config): Promise<Reporter | undefined> {
  const url = config.settings.mongo_db_url;
  if (!url.startsWith("mongodb") && sqliteFile(url) === undefined) return undefined;
  const { reportThread } = await import("../rest/index.ts");
  return reportThread({ url, options: placeOptions(config) });
}
