/** One id for one line, wherever it goes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import pino from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { openTestStore } from "../../src/store/testing.ts";
import { withId } from "../../transports/event-ids.ts";
import { createEventStream, createTransport, withEventIds } from "../../transports/pino.ts";
import { ensureBuilt, project } from "../cli/run.ts";

beforeAll(ensureBuilt);

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

async function idsIn(store: EventStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { _id } of store.find({ order: "oldest" })) ids.push(_id);
  return ids.sort();
}

const flushed = (stream: { flush(done: () => void): void }) => new Promise<void>((resolve) => stream.flush(resolve));

describe("a line with an id", () => {
  it("is the same line otherwise, and valid JSON", () => {
    const value = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(value, (object) => {
        const line = `${JSON.stringify(object)}\n`;
        const { _id, ...rest } = JSON.parse(withId(line));
        const { _id: _own, ...expected } = JSON.parse(line);
        expect(_id).toMatch(ULID);
        expect(rest).toEqual(expected);
        expect(withId(line).endsWith("}\n")).toBe(true);
      }),
    );
  });

  it("keeps the one it has been given this way", () => {
    const line = withId('{"a":1}\n');
    expect(withId(line)).toBe(line);
  });

  it.each(["", "\n", "plain text\n", "[1]\n", "{half", "}\n", "{a} and more\n"])("leaves %j as it is", (line) => {
    expect(withId(line)).toBe(line);
  });
});

describe("withEventIds", () => {
  it("gives a line the same id in a file and in the store", async () => {
    await using store = await openTestStore();
    const file = join(project(), "app.log");
    const stream = createEventStream(store);
    const log = pino(
      withEventIds({}),
      pino.multistream([{ stream }, { stream: pino.destination({ dest: file, sync: true }) }]),
    );
    for (let n = 0; n < 20; n++) log.info({ n, text: "}\n{" }, "line");
    await flushed(stream);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(await idsIn(store)).toEqual(lines.map((line) => JSON.parse(line)._id).sort());
  });

  it("lets the application's own hook go first", () => {
    const lines: string[] = [];
    const hooks = { streamWrite: (line: string) => line.replace("secret", "***") };
    const log = pino(withEventIds({ hooks }), { write: (line: string) => void lines.push(line) });
    log.info("a secret");
    expect(JSON.parse(lines[0] as string)).toMatchObject({ msg: "a ***", _id: expect.stringMatching(ULID) });
  });

  it('and eventIds: "main" agree', async () => {
    const file = join(project(), "lab.db");
    const spool = { dir: join(project(), "spool") };
    const transport = createTransport({ url: `sqlite:${file}`, eventIds: "main", spool });
    const lines: string[] = [];
    const other = { write: (line: string) => void lines.push(line) };
    const log = pino(withEventIds({}), pino.multistream([{ stream: transport }, { stream: other }]));
    for (let n = 0; n < 20; n++) log.info({ n });
    await flushed(transport);
    await using store = await EventStore.open(`sqlite:${file}`, { readOnly: true });
    expect(await idsIn(store)).toEqual(lines.map((line) => JSON.parse(line)._id).sort());
    await new Promise<void>((resolve) => void transport.once("close", resolve).end());
  });
});
