/** The sample logs were written by MADSci's own EventClient 0.7.1, in its two output formats. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { consoleBody, consoleHead } from "../../src/cli/import-console.ts";
import { type ImportItem, START } from "../../src/cli/import-item.ts";
import { literalAt } from "../../src/cli/import-literal.ts";
import { madsciLogSteps } from "../../src/cli/import-log.ts";

interface Read {
  readonly _id: string;
  readonly event_id?: string;
  readonly event_type: string;
  readonly log_level: number;
  readonly alert?: boolean;
  readonly source: object;
  readonly event_data: Readonly<Record<string, unknown>>;
}

const sample = (name: string) => readFileSync(join(import.meta.dirname, "data", name));

async function itemsOf(...chunks: (Buffer | string)[]): Promise<ImportItem[]> {
  async function* stream() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const items: ImportItem[] = [];
  for await (const step of madsciLogSteps(stream(), START)) items.push(...step.items);
  return items;
}

const eventsOf = async (...chunks: (Buffer | string)[]) => (await itemsOf(...chunks)).map(({ value }) => value as Read);

test("a console log and a JSON log of the same calls become the same events", async () => {
  const texts = await eventsOf(sample("robot_console.log"));
  const lines = await eventsOf(sample("robot_json.log"));
  expect(texts).toHaveLength(18);
  const told = ({ event_type, log_level, event_data, alert, source }: Read) => ({
    event_type,
    log_level,
    alert: alert ?? false,
    source,
    event_data,
  });
  // The console cannot tell a text "5" from a number, and the first line names the client's own settings.
  const same = (events: Read[]) => events.slice(1).map((event) => ({ ...told(event), event_data: loose(event) }));
  expect(same(texts)).toEqual(same(lines));
  expect(texts.map(({ event_type }) => event_type)).toContain("action_complete");
  expect(texts.find(({ event_data }) => event_data.message === "alert!")).toMatchObject({ alert: true, log_level: 50 });
});

const loose = ({ event_data }: Read) =>
  typeof event_data === "object" && "text5" in event_data
    ? { ...event_data, text5: String(event_data.text5) }
    : event_data;

test("keys keep their Python values, messages their lines, and tracebacks belong to their entry", async () => {
  const events = await eventsOf(sample("robot_console.log"));
  const data = (message: string) => events.find(({ event_data }) => event_data.message === message)?.event_data;
  expect(data("pressure high")).toEqual({
    message: "pressure high",
    big: 12345678901234567890n,
    empty: "",
    line: "line 3",
    nested: { x: 1, y: [1, 2], z: "it's" },
    pressure: 2.4,
    quote: 'say "hi"',
    tags: ["a", "b"],
  });
  expect(data("a message that is a good deal longer than thirty characters")).toMatchObject({ none: null, ok: true });
  expect(data("critical [odd] message with key=value inside")).toMatchObject({ a: 1 });
  expect(data("multi\nline message")).toMatchObject({ detail: "two\nlines" });
  expect(String(data("division failed")?.exception)).toMatch(/^Traceback[\s\S]*ZeroDivisionError: division by zero$/);
});

test("ids follow from the file: however it is cut into pieces, and when it has grown", async () => {
  const whole = sample("robot_console.log");
  const ids = (await eventsOf(whole)).map(({ _id, event_id }) => _id ?? event_id);
  expect(new Set(ids).size).toBe(ids.length);
  const cut = await eventsOf(whole.subarray(0, 1000), whole.subarray(1000, 1003), whole.subarray(1003));
  expect(cut.map(({ _id, event_id }) => _id ?? event_id)).toEqual(ids);
  const more = "2026-11-25T18:00:00.000001Z [info     ] one more                       event_type=log_info\n";
  const grown = (await eventsOf(whole, more)).map(({ _id, event_id }) => _id ?? event_id);
  expect(grown.slice(0, -1)).toEqual(ids);
  expect(grown.at(-1)).toMatch(/^01M89XTK80/);
});

test("coloured lines are read, lab ids become the source, trace ids the event's own", async () => {
  const [event] = await eventsOf(
    "\u001b[2m2026-11-25T10:00:00Z\u001b[0m [\u001b[32m\u001b[1minfo     \u001b[0m] \u001b[1mup\u001b[0m \u001b[36mnode_id\u001b[0m=\u001b[35m01JNDE00000000000000000001\u001b[0m \u001b[36mtrace_id\u001b[0m=\u001b[35mabc\u001b[0m\n",
  );
  expect(event).toMatchObject({
    event_type: "log_info",
    source: { node_id: "01JNDE00000000000000000001" },
    trace_id: "abc",
    event_data: { message: "up" },
  });
});

test("text that belongs to no entry is refused with its place, and what follows is read", async () => {
  const items = await itemsOf('  File x\n{"cut": \n2026-11-25T10:00:00Z [info     ] up\n');
  expect(items.map(({ place, value }) => [place, value instanceof Error ? value.message : "read"])).toEqual([
    ["line 1", "no entry stands before this text"],
    ["line 2", "no event and no log entry"],
    ["line 3", "read"],
  ]);
});

test.each([
  ["", { message: "", keys: {} }],
  ["a=b", { message: "", keys: { a: "b" } }],
  ["b=1 a=2", { message: "b=1", keys: { a: 2 } }],
  ["why a = b", { message: "why a = b", keys: {} }],
  ["x pump=<Pump 3> z=1", { message: "x", keys: { pump: "<Pump 3>", z: 1 } }],
  ["x at=datetime.datetime(2025, 1, 1) z=1", { message: "x", keys: { at: "datetime.datetime(2025, 1, 1)", z: 1 } }],
  ["x s={1, 2} z=1", { message: "x", keys: { s: "{1, 2}", z: 1 } }],
  ["x e='\\u00e9\\x41\\n' z=007", { message: "x", keys: { e: "éA\n", z: "007" } }],
])("reads %j", (body, read) => {
  expect(consoleBody(body)).toEqual(read);
});

test("hostile lines are read without trying every place in them", () => {
  for (const text of [
    "a=( ".repeat(50_000),
    "a=b ".repeat(60_000),
    `a=${"[".repeat(200_000)}`,
    `x ${"'".repeat(200_000)}`,
  ])
    expect(consoleBody(text).message.length + Object.keys(consoleBody(text).keys).length).toBeGreaterThan(0);
  expect(literalAt("[".repeat(100), 0)).toBeUndefined();
  expect(consoleHead(`2026-11-25T10:00:00Z [info${" ".repeat(200_000)}`)).toBeUndefined();
});
