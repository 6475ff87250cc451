/** What `doctor` says of the settings: which files count, what they hold that is no setting, and whether they hold. */

import { nearestWithin } from "../event/nearest.ts";
import { addressOf } from "./address.ts";
import { type Check, doubt, failed, ok } from "./check.ts";
import { type Config, type ConfigInput, loadConfig } from "./config.ts";
import { oneLine } from "./exit.ts";
import { doubts } from "./server.ts";
import { fileKeys, ROWS } from "./settings.ts";
import { readEnvFiles, readSettingsFiles, type SettingsFile, startDirectory } from "./settings-files.ts";

export interface SettingsFound {
  readonly checks: readonly Check[];
  /** Undefined when they do not hold; then nothing that needs them can be looked at. */
  readonly config: Config | undefined;
}

const KNOWN = new Set([...ROWS.flatMap(([name, row]) => fileKeys(name, row)), "email_alerts", "event_email_alerts"]);
/** Only files of the Event Manager's own; `settings.yaml` belongs to all managers of a lab. */
const OWN_FILE = /(?:^|[/\\])events?\.settings\.[a-z]+$/;

/** Never throws. */
export function settingsChecks(input: ConfigInput): SettingsFound {
  try {
    const start = startDirectory(input.settingsDir ?? input.env.MADSCI_SETTINGS_DIR, input.cwd);
    const files = readSettingsFiles(start);
    const config = loadConfig(input);
    const paths = [...files, ...readEnvFiles(start)].map(({ path }) => path);
    const address = addressOf(config.settings.server_url, {});
    const warnings = [...config.warnings, ...doubts(config, address)];
    const checks = [
      ok("settings", paths.length === 0 ? "no files; defaults, environment and flags only" : paths.join(", ")),
      ...warnings.map((warning) => doubt("settings", oneLine(warning), "change it where it stands")),
      ...files.flatMap((file) => unknownKeys(file, warnings)),
    ];
    return { checks, config };
  } catch (error) {
    const detail = oneLine(error instanceof Error ? error.message : String(error));
    return {
      checks: [failed("settings", detail, "mend it; nothing that needs settings was looked at")],
      config: undefined,
    };
  }
}

/** @param said what is known of already */
function unknownKeys({ path, values }: SettingsFile, said: readonly string[]): Check[] {
  if (!OWN_FILE.test(path)) return [];
  const unknown = Object.keys(values).filter((key) => !KNOWN.has(key.toLowerCase()));
  return unknown
    .filter((key) => !said.some((text) => text.startsWith(`${key} in ${path} `)))
    .map((key) => doubt("settings", `${key} in ${path} is not a setting and is ignored`, fixFor(key)));
}

function fixFor(key: string): string {
  const nearest = nearestWithin(key.toLowerCase(), KNOWN, Math.max(2, Math.floor(key.length / 3)));
  return nearest === undefined ? "remove it; serve --list-settings names all" : `did you mean ${nearest}?`;
}
