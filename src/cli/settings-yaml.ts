/**
 * SettingsYaml: the commented settings file that `init` writes, made from the table of settings.
 *
 * What was given stands as it is, everything else is commented out with its default: a file in which every comment sign
 * is taken away says the same as an empty one.
 */
import { EMAIL_ROWS, envNames, fileKeys, ROWS, type Setting } from "./settings.ts";

const HEAD = `# Settings of the Event Manager. serve and the other commands of madsci-events find this file from the folder they
# are started in, upwards. A flag wins over an environment variable, that over this file. What is commented out shows
# its default. Check it with: madsci-events doctor
`;
const INERT = `
# --- Read and reported for MADSci's sake; without effect in this version ---
`;

/** Twice commented out: an example is no default. */
const ALERTING = `
## Alerts with rules of your own look like this, here or in a file of their own (alerting: alerts.yaml). The built-in
## rules are there without being named: madsci-events alerts rules --print-pack. Check it: madsci-events alerts lint
## alerting:
##   rules:                          # one of each kind; select takes any condition a search takes
##     - { id: deck-open, kind: match, select: { event_type: node_error, "event_data.code": DECK } }
##     - { id: many-retries, kind: threshold, select: { event_type: action_failed }, count: 5, within: 10m }
##     - id: bad-transfers             # more than a fifth of at least ten
##       kind: ratio
##       select: { event_type: { $in: [action_complete, action_failed] } }
##       bad: { event_type: action_failed }
##       over: 20%
##       within: 1h
##     - id: node-gone                 # silent while its workcell is at work
##       kind: absence
##       forEach: source.node_id
##       select: { event_type: { $in: [node_status_update, action_complete] } }
##       within: 2m
##       while: { ledger.workcell_active: true }
##       severity: critical
##       receivers: [ops]
##     - id: slow-action               # begun, and not ended in time
##       kind: sequence
##       after: { event_type: action_start }
##       expect: { event_type: { $in: [action_complete, action_failed] } }
##       join: event_data.action_id
##       within: 30m
##     - { id: new-error, kind: novelty, select: { log_level: { $gte: 40 } }, of: [event_data.message], days: 30 }
##     - { id: conflicts, kind: ledger, counter: conflicts, over: 0 }
##     - { id: node-error, groupWait: 10s }   # a built-in rule: changes this field of it
##   receivers:
##     ops: { channels: [mail-ops] }
##   channels:
##     mail-ops: { type: email, to: [lab@example.org] }
##   smtp: { host: smtp.example.org, port: 587, tls: starttls, userRef: env:SMTP_USER, passwordRef: env:SMTP_PASSWORD }
`;

/** @param given checked values by setting name; these are not commented out */
export function settingsYaml(given: Readonly<Record<string, unknown>>): string {
  const text = (rows: typeof ROWS) => rows.map((row) => settingText(row, given)).join("");
  const used = ROWS.filter(([, setting]) => !setting.inert);
  const inert = ROWS.filter(([, setting]) => setting.inert);
  return `${HEAD}${text(used)}${emailText()}${ALERTING}${INERT}${text(inert)}`;
}

function settingText([name, setting]: (typeof ROWS)[number], given: Readonly<Record<string, unknown>>): string {
  const key = fileKeys(name, setting)[0] ?? name;
  const isGiven = Object.hasOwn(given, name);
  const line = `${key}: ${yamlOf(isGiven ? given[name] : setting.default)}`;
  return `\n# ${setting.description}${secretHint(name, setting)}\n${isGiven ? "" : "# "}${line}\n`;
}

function secretHint(name: string, setting: Setting<unknown>): string {
  const names = envNames(name, setting);
  const variable = names.find((one) => one.startsWith("EVENT_")) ?? names[0];
  return setting.secret ? `. With a password better in the environment, as ${variable}` : "";
}

function emailText(): string {
  const lines = EMAIL_ROWS.map(
    ([name, setting]) => `#   ${name}: ${yamlOf(setting.default)}  # ${setting.description}\n`,
  );
  return `\n# Alerts as MADSci sends them: an e-mail for each event from alert_level on. The password better as\n# EVENT_EMAIL_ALERTS__SMTP_PASSWORD\n# email_alerts:\n${lines.join("")}`;
}

/** Characters that end a line or that YAML does not take as they are. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** On one line; JSON is YAML but for a few characters. */
function yamlOf(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
