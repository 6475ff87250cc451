/**
 * Flags of shipping: one row per flag, the option of the transport it stands for, and how its words become that option.
 *
 * Not here: files of options, defaults, checks (ship-options.ts, ship/options.ts).
 */
import { type Command, Option } from "commander";
import { usageError } from "./exit.ts";
import { booleanOption } from "./flags.ts";

/** What a flag takes: one word, a whole number, several words, `name=value` or `Name: value` pairs. */
type Kind = "text" | "number" | "list" | "pairs" | "headers";

export interface ShipFlag {
  readonly flag: string;
  /** Where its value goes among the options of the transport. */
  readonly path: string;
  readonly kind: Kind;
  readonly takes: string;
  readonly description: string;
  readonly hidden?: true;
}

const HIDDEN = { hidden: true } as const;
const row = (flag: string, path: string, kind: Kind, words: readonly [string, string], more = {}): ShipFlag => ({
  flag,
  path,
  kind,
  takes: words[0],
  description: words[1],
  ...more,
});

/** Where events go, and how. */
export const LINK_FLAGS: readonly ShipFlag[] = [
  row("url", "url", "list", ["<url>", "http(s)://…, sqlite:PATH, mongodb://…; more: failover"]),
  row("token", "auth.token", "text", ["<text>", "sent as Authorization: Bearer …"]),
  row("token-file", "auth.tokenFile", "text", ["<file>", "the same from a file, read again when it is refused"]),
  row("header", "headers", "headers", ["<K: V>", "further HTTP header; repeatable"]),
  row("ca", "tls.ca", "text", ["<file>", "certificates to trust"]),
  row("cert", "tls.cert", "text", ["<file>", "certificate to show, with --key"]),
  row("key", "tls.key", "text", ["<file>", "its private key"]),
  row("compression", "compression", "text", ["<kind>", "gzip or none"], HIDDEN),
  row("timeout-ms", "timeoutMs", "number", ["<n>", "longest one delivery takes"], HIDDEN),
  row("batch-events", "batch.maxEvents", "number", ["<n>", "events per delivery (default: 500)"]),
  row("batch-bytes", "batch.maxBytes", "number", ["<n>", "bytes per delivery"], HIDDEN),
  row("dead-letter-dir", "deadLetter.dir", "text", ["<dir>", "for events no store takes (default: SPOOLS/dlq)"]),
  row("dead-letter-bytes", "deadLetter.maxBytes", "number", ["<n>", "most bytes of them"], HIDDEN),
];

/** How lines become events. */
export const MAPPING_FLAGS: readonly ShipFlag[] = [
  row("source", "source", "pairs", ["<field=ULID>", "id every event carries: node_id=…; repeatable"]),
  row("source-key", "sourceKeys", "pairs", ["<key=field>", "key of a line that holds such an id: nodeId=node_id"]),
  row("level-map", "levelMap", "pairs", ["<level=name>", "level of the logger's own: 35=info"]),
  row("message-key", "messageKey", "text", ["<key>", "key of the message (default: msg)"]),
  row("error-key", "errorKey", "text", ["<key>", "key of the error (default: err)"]),
  row("map", "map", "pairs", ["<field=text>", "event field by a template: event_type={kind}"]),
  row("map-module", "mapModule", "text", ["<file>", "module with the last word on every event"]),
  row("max-event-bytes", "maxEventBytes", "number", ["<n>", "larger events are shortened"], HIDDEN),
];

/** What is done with lines meanwhile. */
export const QUEUE_FLAGS: readonly ShipFlag[] = [
  row("batch-wait-ms", "batch.maxWaitMs", "number", ["<n>", "longest a line waits for its batch (default: 1000)"]),
  row("urgent-level", "batch.urgentLevel", "text", ["<level>", "from this level on lines wait 50 ms"], HIDDEN),
  row("retry-max-ms", "retry.maxMs", "number", ["<n>", "longest pause between two tries"], HIDDEN),
  row("spool-dir", "spool.dir", "text", ["<dir>", "folder of spools (default: in the state folder)"]),
  row("spool-max-bytes", "spool.maxBytes", "number", ["<n>", "most bytes on disk (default: 512 MiB)"]),
  row("fsync", "spool.fsync", "text", ["<when>", "interval, always or never"]),
  row("overflow", "overflow", "text", ["<what>", "shed-by-level, drop-oldest or drop-newest"]),
  row("memory-bytes", "memory.maxBytes", "number", ["<n>", "most bytes in memory"], HIDDEN),
  row("stats-file", "statsFile", "text", ["<file>", "holds the last figures as JSON"]),
  row("close-ms", "close.totalMs", "number", ["<n>", "longest the last deliveries take (default: 3000)"]),
];

/** Adds flags, `--options` among them. */
export function addShipFlags(command: Command, rows: readonly ShipFlag[]): Command {
  for (const { flag, kind, takes, description, hidden } of rows) {
    const option = new Option(`--${flag} ${takes}`, description);
    if (kind !== "text" && kind !== "number")
      option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
    command.addOption(hidden === true ? option.hideHelp() : option);
  }
  return command.option("--options <file>", "the transport's options, JSON or YAML; flags win");
}

/** The switch between disk and memory. */
export function spoolSwitch(): Option {
  return booleanOption("spool", "keep lines on disk; --no-spool: in memory only");
}

/** The value that the words of a flag stand for. @throws EventStoreError `EVT_INVALID_OPTION` */
export function flagValue({ flag, kind }: ShipFlag, given: string | readonly string[]): unknown {
  if (kind === "text") return given;
  if (kind === "number") return /^\d{1,15}$/.test(given as string) ? Number(given) : given;
  const words = given as readonly string[];
  if (kind === "list") return words.length === 1 ? words[0] : words;
  const [separator, example] = kind === "pairs" ? ["=", "name=value"] : [":", "'Name: value'"];
  const pairs = words.map((word) => {
    const at = word.indexOf(separator);
    if (at > 0) return [word.slice(0, at).trim(), kind === "pairs" ? word.slice(at + 1) : word.slice(at + 1).trim()];
    throw usageError(`--${flag} takes ${example}`);
  });
  return Object.fromEntries(pairs);
}
