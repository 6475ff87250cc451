/**
 * Configuration: flags over environment over `.env` files over settings files (JSON, TOML, YAML) over defaults.
 *
 * A value is checked only where it wins, and an error says where it came from and never what it was: it may be a
 * secret. Names, bounds and defaults are in settings.ts; where files lie is in settings-files.ts.
 */
import { dirname, resolve } from "node:path";
import { EventStoreError } from "../errors.ts";
import { nearestName } from "../event/nearest.ts";
import { databaseUrlProblem } from "./database-url.ts";
import { type EmailSource, readEmailAlerts } from "./email-alerts.ts";
import {
  type Candidate,
  EMAIL_ROWS,
  envNames,
  fileKeys,
  flagNames,
  ROWS,
  type Setting,
  type Settings,
} from "./settings.ts";
import {
  readEnvFiles,
  readSettingsFiles,
  resolveMadsciPath,
  type SettingsFile,
  startDirectory,
} from "./settings-files.ts";

/** What flags said, by setting name; text, or a boolean where a flag stood alone. */
export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

export interface ConfigInput {
  readonly flags: FlagValues;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where the search for settings files starts. @default MADSCI_SETTINGS_DIR, then `cwd` */
  readonly settingsDir?: string | undefined;
}

export interface Config {
  readonly settings: Settings;
  /** Where each value that is no default came from, by setting name. */
  readonly origins: ReadonlyMap<string, string>;
  /** Where the search for files started. */
  readonly start: string;
  /** Where relative paths in `alerting` start: the folder of the file it stands in, or the working folder. */
  readonly alertsFolder: string;
  /** What looks like a mistake but stops nothing. */
  readonly warnings: readonly string[];
}

type Layer = ReadonlyMap<string, Candidate>;

/** @throws EventStoreError `EVT_INVALID_OPTION` for a value that is not what its setting needs, or an unreadable file. */
export function loadConfig(input: ConfigInput): Config {
  const start = startDirectory(input.settingsDir ?? input.env.MADSCI_SETTINGS_DIR, input.cwd);
  const env = envLayer(input.env, "the environment variable ");
  const envFiles = readEnvFiles(start).map((file) => envLayer(file.values, "", file.path));
  const files = readSettingsFiles(start);
  const layers = { flags: flagLayer(input.flags), env, envFile: merge(envFiles), file: merge(files.map(fileLayer)) };

  const origins = new Map<string, string>();
  let alertsFolder = input.cwd;
  const values: Record<string, unknown> = {};
  for (const [name, setting] of ROWS) {
    const candidate = pick(name, setting, layers);
    if (candidate) origins.set(name, candidate.origin);
    if (name === "alerting") alertsFolder = candidate?.folder ?? input.cwd;
    values[name] = candidate ? checked(name, setting, candidate) : setting.default;
  }
  const email = [...files.map(fileLayer), ...envFiles, env, layers.flags].map(emailSource);
  values.email_alerts = readEmailAlerts(email, checked);
  const settings = withPaths(values as unknown as Settings, input.cwd, alertsFolder);
  const inside = [layers.env, layers.envFile].flatMap(insideAlerting);
  const warnings = [...nearMisses(files, input.env), ...inside, ...oldNames(settings, origins)];
  return { settings, origins, start, alertsFolder, warnings };
}

interface Layers {
  readonly flags: Layer;
  readonly env: Layer;
  readonly envFile: Layer;
  readonly file: Layer;
}

function pick(name: string, setting: Setting<unknown>, layers: Layers): Candidate | undefined {
  const first = (layer: Layer, names: readonly string[]) =>
    names.map((key) => layer.get(key)).find((candidate) => candidate !== undefined);
  return (
    layers.flags.get(name) ??
    first(layers.env, envNames(name, setting)) ??
    first(layers.envFile, envNames(name, setting)) ??
    first(layers.file, fileKeys(name, setting))
  );
}

function flagLayer(flags: FlagValues): Layer {
  const shown = new Map(ROWS.map(([name, setting]) => [name, flagNames(name, setting)[0]]));
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return new Map(
    given.map(([name, value]) => [name, { value, origin: `--${shown.get(name) ?? name.replaceAll("_", "-")}` }]),
  );
}

/** Names count in any case, the upper-case spelling first; an empty value counts as not set. */
function envLayer(values: Readonly<Record<string, unknown>>, before: string, path?: string): Layer {
  const [after, folder] = path === undefined ? ["", undefined] : [` in ${path}`, dirname(path)];
  const given = Object.entries(values).filter(([, value]) => typeof value === "string" && value.trim() !== "");
  const exactLast = given.sort(([a], [b]) => Number(a === a.toUpperCase()) - Number(b === b.toUpperCase()));
  return new Map(
    exactLast.map(([key, value]) => [key.toUpperCase(), { value, origin: `${before}${key}${after}`, folder }]),
  );
}

function fileLayer({ path, values }: SettingsFile): Layer {
  const folder = dirname(path);
  const given = Object.entries(values);
  return new Map(given.map(([key, value]) => [key.toLowerCase(), { value, origin: `${key} in ${path}`, folder }]));
}

/** One layer of many of a kind, lowest first. */
function merge(layers: readonly Layer[]): Layer {
  return new Map(layers.flatMap((layer) => [...layer]));
}

/** What one layer says about email_alerts: the whole object, and single fields of it. */
function emailSource(layer: Layer): EmailSource {
  const whole = ["email_alerts", "event_email_alerts", "EVENT_EMAIL_ALERTS"].map((key) => layer.get(key));
  const fields = EMAIL_ROWS.flatMap(([field]) => {
    const candidate = layer.get(`EVENT_EMAIL_ALERTS__${field.toUpperCase()}`);
    return candidate ? [[field, candidate] as const] : [];
  });
  return { whole: whole.find((candidate) => candidate !== undefined), fields: new Map(fields) };
}

/** The value a setting takes from a candidate. @throws EventStoreError `EVT_INVALID_OPTION` that does not show the value */
export function checked(name: string, setting: Setting<unknown>, { value, origin }: Candidate): unknown {
  const read = setting.kind.schema.safeParse(value);
  if (read.success) return read.data;
  const problem = name === "mongo_db_url" ? databaseUrlProblem(value, origin) : undefined;
  const fix = `set it to something like ${setting.kind.example}, or remove it`;
  const message = problem ?? `must be ${setting.kind.expected}, but ${origin} holds ${kindOf(value, setting)}; ${fix}`;
  throw new EventStoreError("EVT_INVALID_OPTION", `${name}: ${message}`);
}

/** What a refused value is, without showing text that may be a secret. */
function kindOf(value: unknown, setting: Setting<unknown>): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string" && !/^\s*[+-]?\d{1,9}(\.\d{1,3})?\s*$/.test(value)) return "another text";
  return setting.secret ? `a ${typeof value}` : String(value).trim();
}

function withPaths(settings: Settings, cwd: string, alertsFolder: string): Settings {
  const { alerting: given } = settings;
  const alerting = typeof given === "string" ? resolve(alertsFolder, given) : given;
  const sqlite = /^sqlite:(?:\/\/)?(\.madsci\/.*)$/.exec(settings.mongo_db_url)?.[1];
  const url = sqlite === undefined ? settings.mongo_db_url : `sqlite:${resolveMadsciPath(sqlite, cwd)}`;
  const inMadsci = (path: string) => resolveMadsciPath(path, cwd);
  const { backup_dir, utilization_export_dir: exports } = settings;
  const utilization_export_dir = exports === null ? null : inMadsci(exports);
  return { ...settings, alerting, mongo_db_url: url, backup_dir: inMadsci(backup_dir), utilization_export_dir };
}

function nearMisses(files: readonly SettingsFile[], env: ConfigInput["env"]): string[] {
  const keys = new Set([...ROWS.flatMap(([name, row]) => fileKeys(name, row)), "email_alerts", "event_email_alerts"]);
  const inFiles = files.flatMap(({ path, values }) =>
    Object.keys(values).flatMap((key) => nearMiss(key, key.toLowerCase(), keys, ` in ${path}`)),
  );
  const names = new Set([...ROWS.flatMap(([name, row]) => envNames(name, row)), "EVENT_EMAIL_ALERTS"]);
  for (const [field] of EMAIL_ROWS) names.add(`EVENT_EMAIL_ALERTS__${field.toUpperCase()}`);
  const ours = Object.keys(env).filter((key) => /^EVENT_/i.test(key));
  return [...inFiles, ...ours.flatMap((key) => nearMiss(key, key.toUpperCase(), names, " in the environment"))];
}

function nearMiss(key: string, folded: string, known: ReadonlySet<string>, where: string): string[] {
  const meant = known.has(folded) ? undefined : nearestName(folded, known);
  return meant === undefined ? [] : [`${key}${where} is not a setting and is ignored; did you mean ${meant}?`];
}

/** Single keys of `alerting`: names in capitals cannot say `groupBy` or the name of a channel, so there are none. */
function insideAlerting(layer: Layer): string[] {
  return [...layer]
    .filter(([key]) => key.startsWith("EVENT_ALERTING__"))
    .map(
      ([, { origin }]) =>
        `${origin} has no effect: alerting has no variables for single keys; write the key into the section ` +
        "(EVENT_ALERTING holds JSON or a path), and a secret as env:NAME there, like passwordRef: env:SMTP_PASSWORD",
    );
}

/** `collection_name` named the database before MADSci 0.6; old instructions still say so. */
function oldNames(settings: Settings, origins: ReadonlyMap<string, string>): string[] {
  const name = settings.collection_name;
  if (!origins.has("collection_name") || (name !== "madsci_events" && name !== settings.database_name)) return [];
  const origin = origins.get("collection_name");
  return [
    `collection_name is "${name}" (${origin}), which was the database name before MADSci 0.6; ` +
      'today database_name is "madsci_events" and collection_name "events"',
  ];
}
