/** What is wrong with a section `alerting`: all of it, each with its place and, in a YAML or JSON file, its line. */
import { existsSync, readFileSync } from "node:fs";
import { lintCompat } from "../alert/compat-plan.ts";
import { lintAlerts, lintTemplates } from "../alert/lint.ts";
import { BOTH, planContext, saysOnlyHow } from "./alert-setup.ts";
import { type AlertingSection, alertingSection, sectionFile } from "./alerting-section.ts";
import type { Config } from "./config.ts";
import type { Io } from "./io.ts";
import { type YamlLines, yamlLines } from "./yaml-lines.ts";

export interface LintTrouble {
  readonly level: "error" | "warning";
  readonly path: string;
  readonly line: number | undefined;
  readonly message: string;
}

export interface Lint {
  /** What was looked at, for people; undefined where there is nothing. */
  readonly place: string | undefined;
  readonly troubles: readonly LintTrouble[];
}

const READS_LINES = /\.(ya?ml|json)$/i;

/** A file. @throws EventStoreError `EVT_INVALID_OPTION` when it cannot be read at all */
export async function lintFile(path: string, config: Config, io: Pick<Io, "env">): Promise<Lint> {
  const lines = linesIn(path);
  if (lines !== undefined && lines.troubles.length > 0) {
    const troubles = lines.troubles.map(({ line, message }) => ({ level: "error" as const, path: "", line, message }));
    return { place: path, troubles };
  }
  return lintSection(sectionFile(path), config, { io, lines });
}

/** What the settings say. */
export async function lintSettings(config: Config, io: Pick<Io, "env">): Promise<Lint> {
  const lint = await lintPlaces(config, io);
  const section = config.settings.email_alerts === null || lint.place === undefined ? undefined : sectionIn(config);
  if (section === undefined || section.options.enabled === false || saysOnlyHow(section)) return lint;
  const both = { level: "warning" as const, path: "", line: undefined, message: BOTH };
  return { ...lint, troubles: [...lint.troubles, both] };
}

/** Undefined also where it cannot be read: that has been said. */
function sectionIn(config: Config): AlertingSection | undefined {
  try {
    return alertingSection(config);
  } catch {
    return undefined;
  }
}

async function lintPlaces(config: Config, io: Pick<Io, "env">): Promise<Lint> {
  const { alerting, email_alerts, alert_level } = config.settings;
  if (typeof alerting === "string" && existsSync(alerting)) return lintFile(alerting, config, io);
  const section = alertingSection(config);
  if (email_alerts !== null && (section === undefined || saysOnlyHow(section))) {
    const found = lintCompat(email_alerts, alert_level, planContext(config.alertsFolder, config, io));
    return { place: "email_alerts", troubles: found.map((trouble) => ({ ...trouble, line: undefined })) };
  }
  if (section === undefined) return { place: undefined, troubles: [] };
  const path = / in (.+)$/.exec(section.origin)?.[1];
  return lintSection(section, config, { io, lines: path === undefined ? undefined : linesIn(path) });
}

interface With {
  readonly io: Pick<Io, "env">;
  readonly lines: YamlLines | undefined;
}

async function lintSection(section: AlertingSection, config: Config, { io, lines }: With): Promise<Lint> {
  const context = planContext(section.folder, config, io);
  const found = [...lintAlerts(section.options, context), ...(await lintTemplates(section.options, context))];
  const lineOf = (path: string) =>
    lines?.lineOf(section.prefix + path) ?? lines?.lineOf(`event_${section.prefix}${path}`);
  const troubles = found.map(({ level, path, message }) => ({ level, path, line: lineOf(path), message }));
  return { place: section.origin, troubles: inOrder(troubles) };
}

/** From the first line to the last; what has no line goes first. */
function inOrder(troubles: readonly LintTrouble[]): LintTrouble[] {
  return [...troubles].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function linesIn(path: string): YamlLines | undefined {
  if (!READS_LINES.test(path)) return undefined;
  try {
    return yamlLines(readFileSync(path, "utf8"));
  } catch {
    return undefined; // whoever reads the settings says so
  }
}
