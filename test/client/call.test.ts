import { describe, expect, it } from "vitest";
import { isWholeEvent, readCall } from "../../src/client/call.ts";

const error = new Error("jammed");

describe("a call", () => {
  it.each([
    ["a text", ["up"], "up", {}],
    ["a text with fields, as in Python", ["up", { slot: 3 }], "up", { slot: 3 }],
    ["a text with an error", ["failed", error], "failed", { err: error }],
    ["a text with a template", ["%s at %d", "arm", 5], "arm at 5", {}],
    ["a text with a template and fields behind it", ["at %d", 5, { slot: 3 }], "at 5", { slot: 3 }],
    ["a percent sign that is no template", ["50%done", { slot: 3 }], "50%done", { slot: 3 }],
    ["a template for an object", ["got %j", { slot: 3 }], 'got {"slot":3}', {}],
    ["fields with a text, as in pino", [{ slot: 3 }, "at %d", 5], "at 5", { slot: 3 }],
    ["fields alone", [{ slot: 3 }], undefined, { slot: 3 }],
    ["an error alone", [error], "jammed", { err: error }],
    ["an error with a text", [error, "while homing"], "while homing", { err: error }],
    ["an error among fields", [{ err: error, slot: 3 }], "jammed", { err: error, slot: 3 }],
    ["a number", [42], "42", { value: 42 }],
    ["a list", [[1, 2]], undefined, { value: [1, 2] }],
    ["nothing", [], undefined, {}],
    ["what is left over", ["text", 1, "two"], "text", { args: [1, "two"] }],
    ["undefined behind a text", ["text", undefined], "text", {}],
  ])("reads %s", (_name, [first, ...more], message, context) => {
    expect(readCall(first, more as unknown[])).toEqual({ message, context, event: undefined });
  });

  it("tells a whole event by its fields", () => {
    const event = { event_type: "node_start", event_data: { a: 1 } };
    expect(readCall(event).event).toBe(event);
    expect(isWholeEvent({ event_id: "a", log_level: 10 })).toBe(true);
    for (const data of [{ temperature: 5 }, {}, { event_type: "x", volume: 5 }, { source: {} }, [], null, "x", error])
      expect(isWholeEvent(data)).toBe(false);
    expect(readCall(event, ["text"]).event).toBeUndefined();
  });
});
