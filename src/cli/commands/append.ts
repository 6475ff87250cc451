/**
 * `append`: events from stdin into the store, one JSON object per line, or one JSON document (object or array).
 *
 * A bad line is named on stderr and its neighbours are stored; the exit code is 2 then. What stdout counts is durable.
 * Rules of the settings see what is stored (mark-alerts.ts); what is told, `serve` tells.
 */
import { Command } from "commander";
import { EventStoreError } from "../../errors.ts";
import { parseJson } from "../../event/json.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import type { EventStore } from "../../store/store.ts";
import { oneLine, usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import type { Io } from "../io.ts";
import { type Line, readLines } from "../lines.ts";
import { markAlerts } from "../mark-alerts.ts";
import { addStoreFlags, commandConfig, openStore } from "../open-store.ts";

const MAX_LINE_BYTES = 16_777_216;
const MAX_DOCUMENT_BYTES = 268_435_456;
/** Events handed to the store at once. */
const STEP = 1000;

const EXAMPLES = `
Examples:
  madsci-events append < events.ndjson
  echo '{"event_type":"test","event_data":{"message":"hello"}}' | madsci-events append
  madsci-events query --limit 0 --url sqlite:old.db | madsci-events append --url sqlite:new.db --silent

A SQLite file that a server has open has its one writer; post to that server instead. Where the settings hold alerts,
serve tells of what its rules concern, when it runs next; with --silent nobody is told.`;

export function appendCommand(io: Io): Command {
  const command = new Command("append")
    .summary("store events from stdin")
    .description("Stores events from stdin: one JSON object per line, or one JSON object or array.")
    .addOption(booleanOption("silent", "no alerts for these events"))
    .addHelpText("after", EXAMPLES);
  return addStoreFlags(command).action(() => append(command, io));
}

async function append(command: Command, io: Io): Promise<void> {
  const config = commandConfig(command, io);
  await using store = await openStore(config, io);
  const isSilent = command.opts<{ silent?: string }>().silent === "true";
  const marked = isSilent ? () => undefined : markAlerts(store, config, io);
  const appender = new Appender(store, io);
  try {
    for await (const values of readItems(io.stdin)) await appender.take(values);
  } finally {
    await io.out.write(`${appender.summary()}\n`);
    const words = marked();
    if (words !== undefined) io.err(words);
  }
  if (appender.refused > 0) throw usageError(`${appender.refused} of the events were not stored; see above`);
}

/** A value to store, or why there is none, and where it stood. */
interface Item {
  readonly place: string;
  readonly value: unknown;
}

class Appender {
  readonly #store: EventStore;
  readonly #io: Io;
  #stored = 0;
  #duplicates = 0;
  refused = 0;

  constructor(store: EventStore, io: Io) {
    this.#store = store;
    this.#io = io;
  }

  async take(items: readonly Item[]): Promise<void> {
    for (let at = 0; at < items.length; at += STEP) await this.#step(items.slice(at, at + STEP));
  }

  /** What has been acknowledged, as one line. */
  summary(): string {
    const total = this.#stored + this.#duplicates;
    return `${total} acknowledged (${this.#stored} stored, ${this.#duplicates} already there)`;
  }

  async #step(items: readonly Item[]): Promise<void> {
    const parsed = items.map(({ value }) => (value instanceof EventStoreError ? value : this.#store.parse(value)));
    const results = await this.#store.appendParsed(parsed as (PreparedEvent | EventStoreError)[]);
    results.forEach((result, i) => {
      if (result.status === "stored") this.#stored++;
      else if (result.status === "duplicate") this.#duplicates++;
      else this.#refuse(items[i]?.place ?? "", result.error);
    });
  }

  #refuse(place: string, error: EventStoreError): void {
    this.refused++;
    this.#io.err(`${place}: ${oneLine(error.message)}`);
  }
}

/** Values of NDJSON as its lines come; the values of a document when it is complete. */
async function* readItems(stdin: NodeJS.ReadableStream): AsyncGenerator<Item[], void> {
  let document: Line[] | undefined;
  let begun = false;
  let bytes = 0;
  for await (const lines of readLines(stdin, MAX_LINE_BYTES)) {
    const used = begun ? lines : lines.slice(Math.max(0, lines.findIndex(isFilled)));
    if (!begun && used.some(isFilled)) {
      begun = true;
      document = startsDocument(used[0]?.text) ? [] : undefined;
    }
    if (!document) yield used.filter(isFilled).map(itemOf);
    else {
      const broken = used.find(({ problem }) => problem === "not UTF-8");
      if (broken !== undefined) throw usageError(`the JSON document is not valid UTF-8 in line ${broken.number}`);
      bytes += used.reduce((sum, line) => sum + (line.text?.length ?? MAX_DOCUMENT_BYTES), 0);
      if (bytes > MAX_DOCUMENT_BYTES)
        throw usageError("the JSON document is too large; send one event per line instead");
      document.push(...used);
    }
  }
  if (document) yield itemsOf(document.map((line) => line.text).join("\n"));
}

function isFilled(line: Line): boolean {
  return line.text === undefined || line.text.trim() !== "";
}

/** An array, or an object that is spread over lines: no NDJSON line begins like this. */
function startsDocument(first: string | undefined): boolean {
  const text = first?.replace(/^\ufeff/, "").trim() ?? "";
  return text.startsWith("[") || text === "{";
}

function itemOf({ number, text, problem }: Line): Item {
  const place = `line ${number}`;
  if (problem === "not UTF-8") return { place, value: new EventStoreError("EVT_INVALID_EVENT", "not valid UTF-8") };
  if (text === undefined)
    return { place, value: new EventStoreError("EVT_TOO_LARGE", `longer than ${MAX_LINE_BYTES} bytes`) };
  return { place, value: jsonOf(text) };
}

function itemsOf(text: string): Item[] {
  const value = jsonOf(text);
  if (!Array.isArray(value)) return [{ place: "document", value }];
  return value.map((item, i) => ({ place: `item ${i + 1}`, value: item }));
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    return new EventStoreError("EVT_INVALID_EVENT", "not valid JSON", { cause });
  }
}
