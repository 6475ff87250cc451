/**
 * What MADSci's tests assert about its client (cases E1 to E16 of the specification): where each is held here, or why it
 * makes no sense in Node.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface Case {
  readonly says: string;
  /** `file: name of a test` */
  readonly held?: readonly string[];
  /** What is not taken over, and why. */
  readonly not?: string;
}

const CASES: Readonly<Record<string, Case>> = {
  E1: {
    says: "options, their precedence, the server's address",
    held: [
      "options: take the server from EVENT_SERVER_URL where none is named",
      "options: keep a path below the server, with and without a slash at its end",
    ],
    not: "a name inferred from the importing module: it named a log file",
  },
  E2: { says: "log(event) sends it once, as it is", held: ["log: are sent as they are"] },
  E3: {
    says: "text, dictionary, exception and every method and alias, without a throw",
    held: [
      "log: send under the names of MADSci, pino and TypeScript, each at its level",
      "log: are told from data: a dictionary keeps its content",
      "log: become events, and never throw",
    ],
    not: "a log file: the spool holds what is not sent yet, pino writes files",
  },
  E4: { says: "log_warning and warn raise Python warnings", not: "Node has none; both log, as warning does" },
  E5: {
    says: "levels filter; a server that fails never reaches the caller",
    held: [
      "log: send nothing below the level, and answer no id for it",
      "delivery: never waits for a server that is away: flush and close end in time and say what is lost",
    ],
  },
  E6: {
    says: "get_event",
    held: [
      "reads: gets one event, and undefined for an id nobody has",
      "http-call: ends when its time is over, naming the server and the limit",
    ],
    not: "reading the log file without a server: a client has a server",
  },
  E7: { says: "get_events", held: ["reads: lists the newest by id, the newest first, from the client's own level on"] },
  E8: {
    says: "query_events; MADSci sends no body, which no server takes",
    held: ["reads: searches: as a dictionary, one by one, and page by page"],
  },
  E9: { says: "a line at start, on the console", not: "a library prints nothing unasked" },
  E10: {
    says: "utilization calls, their parameters, CSV as text",
    held: [
      "reads: ask MADSci's routes with its parameters; CSV comes as text",
      "reads: say in the server's words that it has no such route",
    ],
  },
  E11: {
    says: "bind and unbind leave the parent alone and share its connection",
    held: [
      "log: carry more, and leave their parent and their siblings alone",
      "log: flush when they are closed, and the others go on",
    ],
  },
  E12: { says: "console and JSON formats", not: "nothing is printed; use pino beside it" },
  E13: { says: "rotation of log files", not: "there are none; a spool has a size limit and sheds by level" },
  E14: { says: "fail_on_error", not: "log calls never throw; onDiagnostic is told" },
  E15: {
    says: "trace and span ids",
    held: [
      "log: take the event's own type and ids of the lab out of the context, and leave everything else in event_data",
    ],
    not: "OpenTelemetry metrics of the client: stats() has its numbers",
  },
  E16: {
    says: "contexts: establish, nest, restore, start afresh, isolation between tasks",
    held: [
      "event-context: is on every log call inside, through awaits, and nowhere else",
      "event-context: merges with the one around it, the inner winning, unless it starts afresh",
      "event-context: does not reach tasks beside it",
    ],
    not: "decorators that inject a client: a function takes one as an argument",
  },
};

describe("the specification's cases of a client", () => {
  it("are all here", () => {
    expect(Object.keys(CASES)).toEqual(Array.from({ length: 16 }, (_, at) => `E${at + 1}`));
  });

  it.each(Object.entries(CASES))("%s is held by a test, or does not apply", (_name, { held = [], not }) => {
    expect(held.length > 0 || not !== undefined).toBe(true);
    for (const one of held) {
      const [, file, name] = /^([\w-]+): (.+)$/.exec(one) ?? [];
      expect(readFileSync(join(import.meta.dirname, `${file}.test.ts`), "utf8")).toContain(`"${name}"`);
    }
  });
});
