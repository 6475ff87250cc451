/** `alerts simulate`: what rules would have sent over stored events, next to what those in force would have. */
import { resolve } from "node:path";
import { Command } from "commander";
import type { AlertPlan } from "../../alert/plan.ts";
import type { Simulation } from "../../alert/simulate.ts";
import type { StoredEvent } from "../../event/event.ts";
import type { Access } from "../access.ts";
import { addJsonFlag, jsonText, wantsJson } from "../alert-rows.ts";
import { alertSetup, sectionPlan } from "../alert-setup.ts";
import { sectionFile } from "../alerting-section.ts";
import { NO_TIME_LIMIT_MS } from "../choice.ts";
import { counted, usageError } from "../exit.ts";
import { wholeNumberFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags, openAccess } from "../open-access.ts";
import { commandConfig } from "../open-store.ts";
import { rowsText } from "../rows.ts";
import { timeArgument } from "../time.ts";

const EXAMPLES = `
Examples:
  madsci-events alerts simulate --since 7d                           what the rules in force would have sent
  madsci-events alerts simulate --rules alerts.yaml --since 7d       and what those of the file would have

Nothing is sent and nothing is changed.`;

const DEFAULT_SHOWN = 50;
const TOLD_EVERY_MS = 500;

interface Flags {
  readonly rules?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
}

export function simulateCommand(io: Io): Command {
  const command = new Command("simulate")
    .summary("try rules on stored events")
    .description("Plays stored events through rules and prints the messages they would have sent.")
    .option("--rules <file>", "rules, receivers and channels to compare with those in force")
    .option("--since <time>", "from this event time on: any notation, or 2h, 7d; default 7d")
    .option("--until <time>", "up to this event time; default: now")
    .option("--limit <n>", `messages listed; 0 for all; default ${DEFAULT_SHOWN}`)
    .addHelpText("after", EXAMPLES);
  return addAccessFlags(addJsonFlag(command)).action(() => run(command, io));
}

interface Compared {
  readonly from: string;
  readonly to: string;
  /** Null where alerts are off. */
  readonly now: Simulation | null;
  /** Null without `--rules`. */
  readonly new: Simulation | null;
}

async function run(command: Command, io: Io): Promise<void> {
  const { rules, since = "7d", until = "now", limit } = command.opts<Flags>();
  const shown = wholeNumberFlag("limit", limit) ?? DEFAULT_SHOWN;
  const now = new Date();
  const span = { fromMs: instantOf("since", since, now), toMs: instantOf("until", until, now) };
  if (span.fromMs >= span.toMs) throw usageError("--since must be before --until");
  const config = commandConfig(command, { ...io, err: () => {} }); // openAccess says what it warns of
  const noSecrets = { env: io.env, withoutSecrets: true };
  const plan = rules === undefined ? undefined : sectionPlan(sectionFile(resolve(io.cwd, rules)), config, noSecrets);
  const current = alertSetup(config, noSecrets)?.plan;
  if (plan === undefined && current === undefined)
    throw usageError("alerts are off in the settings; name a file with --rules");
  const { simulate } = await import("../../alert/simulate.ts");
  await using access = await openAccess(command, io, { readOnly: true });
  const simulated = async (one: AlertPlan | undefined) =>
    one === undefined ? null : await simulate(told(io, eventsIn(access, span)), one, span);
  const compared: Compared = {
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.toMs).toISOString(),
    now: await simulated(current),
    new: await simulated(plan),
  };
  await io.out.write(wantsJson(command) ? jsonText(compared) : comparedText(compared, shown, io.columns));
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

async function* eventsIn(access: Access, { fromMs, toMs }: Span): AsyncGenerator<StoredEvent, void> {
  const search = {
    from: new Date(fromMs),
    to: new Date(toMs),
    order: "oldest",
    includeArchived: true,
    timeoutMs: NO_TIME_LIMIT_MS,
  } as const;
  for await (const page of access.find(search).pages()) yield* page;
}

/** The same events; a terminal is told how far they have come. */
async function* told(io: Io, events: AsyncIterable<StoredEvent>): AsyncGenerator<StoredEvent, void> {
  let [count, saidMs] = [0, performance.now()];
  for await (const event of events) {
    count++;
    yield event;
    if (performance.now() - saidMs < TOLD_EVERY_MS) continue;
    saidMs = performance.now();
    io.progress?.(`${counted(count, "event")} played, up to ${event.event_timestamp}`);
  }
  io.progress?.("");
}

function instantOf(flag: string, text: string, now: Date): number {
  const time = timeArgument(text, now);
  const ms = time instanceof Date ? time.getTime() : Date.parse(time ?? "");
  if (!Number.isNaN(ms)) return ms;
  throw usageError(`--${flag} takes a time such as 10m, 2h, 7d or 2026-11-25T10:00:00Z`);
}

function comparedText({ from, to, now, new: other }: Compared, shown: number, columns: number | undefined): string {
  const last = other ?? now;
  if (last === null) return "nothing to simulate\n";
  const head = `${counted(last.events, "event")} from ${from} to ${to}\n\n`;
  const notices = last.notices.slice(0, shown === 0 ? undefined : shown);
  const rows = notices.map((one) => [timeText(one.at), one.channel, one.recipient, one.occasion, one.subject]);
  const list = rowsText(["AT", "CHANNEL", "RECIPIENT", "ABOUT", "SUBJECT"], rows, columns);
  const more = last.notices.length - notices.length;
  const rest = more > 0 ? `… and ${counted(more, "message")} more; --limit 0 lists all\n` : "";
  return head + perRecipient({ now, other }, columns) + (rows.length === 0 ? "" : `\n${list}${rest}`);
}

interface Both {
  readonly now: Simulation | null;
  readonly other: Simulation | null;
}

function perRecipient({ now, other }: Both, columns: number | undefined): string {
  const keys = new Set([now, other].flatMap((one) => one?.notices.map(keyOf) ?? []));
  const count = (one: Simulation | null, key: string) => one?.notices.filter((each) => keyOf(each) === key).length ?? 0;
  const cells = (one: Simulation | null, value: (from: Simulation) => number) => (one === null ? "-" : `${value(one)}`);
  const line = (title: string, value: (from: Simulation) => number) => [cells(now, value), cells(other, value), title];
  const rows = [
    line("events that match a rule", ({ marked }) => marked),
    line("incidents", ({ incidents }) => incidents),
    line("messages", ({ notices, further }) => notices.length + further),
    line("put into digests", ({ folded }) => folded),
    ...[...keys].sort().map((key) => line(`messages to ${key}`, (one) => count(one, key))),
  ];
  return rowsText(["IN FORCE", "NEW", ""], rows, columns);
}

function keyOf({ recipient, channel }: Simulation["notices"][number]): string {
  return `${recipient} (${channel})`;
}

function timeText(at: string | number): string {
  return typeof at === "number" ? new Date(at).toISOString() : at;
}
