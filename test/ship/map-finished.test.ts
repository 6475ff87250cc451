import { describe, expect, it } from "vitest";
import { newId } from "../../src/event/id.ts";
import { DEFAULT_LIMITS } from "../../src/event/limits.ts";
import { parseEvent } from "../../src/event/parse.ts";
import { createMapLine } from "../../src/ship/map.ts";
import { finishedLine } from "../../src/ship/map-finished.ts";

const map = createMapLine({ finished: true });
const place = () => ({ id: newId(), sender: newId(), seq: 1 });

describe("a finished line", () => {
  it("is sent as the event it holds", () => {
    const event = { _id: "mine", event_type: "test", log_level: 30, event_data: [1, 12345678901234567890n] };
    const line = finishedLine(40, event).trimEnd();
    expect(map(line, place())).toEqual({ event, truncated: false, unparseable: false });
    expect(map(Buffer.from(line), place()).event).toEqual(event);
  });

  it("gets the id of its place where it has none", () => {
    const at = place();
    expect(map(finishedLine(30, { event_type: "test" }), at).event?._id).toBe(at.id);
  });

  it.each([
    ["a long text in an object", { text: "x".repeat(400_000) }],
    ["a long text alone", "y".repeat(400_000)],
    ["a long list", Array.from({ length: 60_000 }, (_, at) => at)],
    ["too many keys", Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`k${at}`, at]))],
    ["too many levels", JSON.parse(`${"[".repeat(50)}1${"]".repeat(50)}`)],
  ])("is cut so that a store takes it: %s", (_name, event_data) => {
    const { event, truncated } = map(finishedLine(30, { _id: "a", event_type: "test", event_data }), place());
    expect(truncated).toBe(true);
    expect(() => parseEvent(event, { limits: DEFAULT_LIMITS })).not.toThrow();
    expect(event).toMatchObject({ _id: "a", event_type: "test" });
  });

  it("is read as any other line where it is none", () => {
    const other = createMapLine({});
    for (const line of ["plain text", '{"level":30,"msg":"hi"}', '{"level":30,"event":', '{"level":30,"event":5}']) {
      const at = place();
      expect(map(line, at)).toEqual(other(line, at));
    }
  });
});
