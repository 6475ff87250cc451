/**
 * The section `alerting` of the settings, wherever it stands: in a settings file, in the environment, or in a file of
 * its own. A file of its own holds the section, or a whole settings file with the key `alerting`.
 *
 * Not here: what is in it (src/alert/plan-file.ts).
 */
import { dirname } from "node:path";
import type { AlertOptions } from "../alert/options.ts";
import { EventStoreError } from "../errors.ts";
import type { Config } from "./config.ts";
import { usageError } from "./exit.ts";
import { readOptionsFile } from "./settings-files.ts";

export interface AlertingSection {
  /** As written; whoever makes a plan of it checks it. */
  readonly options: AlertOptions & Readonly<Record<string, unknown>>;
  /** Where it stands, for people. */
  readonly origin: string;
  /** The file of its own; undefined where it stands among other settings. */
  readonly file: string | undefined;
  /** Where relative paths in it start. */
  readonly folder: string;
  /** What to put before a path of it: `alerting.` where it stands in a settings file. */
  readonly prefix: string;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` for a file that cannot be read */
export function alertingSection({ settings, origins, alertsFolder }: Config): AlertingSection | undefined {
  const { alerting } = settings;
  if (alerting === null) return undefined;
  const origin = origins.get("alerting") ?? "alerting";
  if (typeof alerting === "string") return namingSetting(origin, () => sectionFile(alerting));
  return {
    options: alerting as AlertingSection["options"],
    origin,
    file: undefined,
    folder: alertsFolder,
    prefix: "alerting.",
  };
}

/** What goes wrong with a file names the setting that named it. */
function namingSetting(origin: string, read: () => AlertingSection): AlertingSection {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    throw new EventStoreError(error.code, `${origin}: ${error.message}`, { cause: error });
  }
}

/** A file of rules. @throws EventStoreError `EVT_INVALID_OPTION` */
export function sectionFile(path: string): AlertingSection {
  const read = readOptionsFile(path);
  const key = ["alerting", "event_alerting"].find((name) => Object.hasOwn(read, name));
  const beside = key === undefined ? undefined : besideSection(read, key);
  if (beside !== undefined)
    throw usageError(`${path}: ${beside} stands beside ${key}; write everything below ${key}, or nothing`);
  const found = key === undefined ? read : read[key];
  if (typeof found !== "object" || found === null || Array.isArray(found))
    throw usageError(`${path}: ${key} must be an object here`);
  return {
    options: found as AlertingSection["options"],
    origin: path,
    file: path,
    folder: dirname(path),
    prefix: key === undefined ? "" : `${key}.`,
  };
}

/** Keys of the section; no other setting is called like one of them. */
const KEYS: ReadonlySet<string> = new Set([
  ...["alerting", "event_alerting", "enabled", "evaluate", "defaults", "severityFromLevel", "rules", "labPack"],
  ...["inhibit", "receivers", "channels", "smtp", "delivery", "digest", "quietHours", "publicUrl", "leases", "lease"],
  ...["timezone", "compat", "testSend", "redact", "templates"],
]);

/** A key that belongs into the section and would be lost where it stands. */
function besideSection(read: Readonly<Record<string, unknown>>, section: string): string | undefined {
  const plain = (key: string) => key.toLowerCase().replaceAll("_", "");
  const known = new Set([...KEYS].map(plain));
  return Object.keys(read).find((key) => key !== section && known.has(plain(key)));
}
