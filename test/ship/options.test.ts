import { describe, expect, it } from "vitest";
import { resolveShipOptions, type ShipOptions } from "../../src/ship/options.ts";

describe("resolveShipOptions", () => {
  it("has the documented defaults", () => {
    expect(resolveShipOptions({})).toMatchObject({
      maxEvents: 500,
      maxBytes: 1_048_576,
      maxWaitMs: 1000,
      urgentLevel: 40,
      retryMinMs: 250,
      retryMaxMs: 30_000,
      memoryBytes: 8_388_608,
      closeMs: 3000,
      timeoutMs: 10_000,
      authHoldMs: 60_000,
      concurrency: 1,
      retryAfter: true,
      closeNetworkMs: 1500,
      maxEventBytes: 262_144,
      spool: {
        mode: "always",
        maxBytes: 536_870_912,
        segmentBytes: 8_388_608,
        fsync: "interval",
        overflow: "shed-by-level",
      },
      deadLetter: { maxBytes: 67_108_864 },
    });
  });

  it("reads level names, and never lets a close take longer than eight seconds", () => {
    const given: ShipOptions = { batch: { urgentLevel: "Warn" }, close: { totalMs: 60_000 }, levelMap: { 35: 30 } };
    expect(resolveShipOptions(given)).toMatchObject({ urgentLevel: 30, closeMs: 8000, levelMap: { 35: 30 } });
  });

  it.each([
    [{ urll: "x" }, "urll"],
    [{ batch: { maxEvent: 1 } }, "batch.maxEvent"],
    [{ batch: 7 }, "batch"],
    [{ batch: { maxEvents: 0 } }, "batch.maxEvents"],
    [{ batch: { maxWaitMs: 1.5 } }, "batch.maxWaitMs"],
    [{ batch: { urgentLevel: "loud" } }, "batch.urgentLevel"],
    [{ memory: { maxBytes: -1 } }, "memory.maxBytes"],
    [{ source: { node_id: "arm-1" } }, "source.node_id"],
    [{ source: { node: "x" } }, "source.node"],
    [{ sourceKeys: { nodeId: "node" } }, "sourceKeys.nodeId"],
    [{ levelMap: { 35: 35 } }, "levelMap.35"],
    [{ messageKey: "" }, "messageKey"],
    [{ spool: { mode: "sometimes" } }, "spool.mode"],
    [{ spool: { fsync: true } }, "spool.fsync"],
    [{ spool: { maxBytes: 1 } }, "spool.maxBytes"],
    [{ spool: { directory: "x" } }, "spool.directory"],
    [{ overflow: "block" }, "overflow"],
    [{ deadLetter: { maxBytes: 0 } }, "deadLetter.maxBytes"],
    [{ close: { networkMs: -1 } }, "close.networkMs"],
    [{ concurrency: 2 }, "ordered: false"],
    [{ ordered: false, concurrency: 5 }, "concurrency"],
    [{ retryAfter: 5 }, "retryAfter"],
  ])("refuses %j and names the option", (options, name) => {
    const refused = expect.objectContaining({ code: "EVT_INVALID_OPTION", message: expect.stringContaining(name) });
    expect(() => resolveShipOptions(options as ShipOptions)).toThrow(refused);
  });
});
