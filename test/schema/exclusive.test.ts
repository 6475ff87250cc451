/** One at a time: who was held up for so long that another one went on stays out. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import type { AlertRecord } from "../../src/backend/alert-records.ts";
import type { LeaseRecords } from "../../src/backend/lease.ts";
import { exclusively } from "../../src/schema/exclusive.ts";

/** As a database keeps them: a write of the next version wins. */
function records(): LeaseRecords {
  const kept = new Map<string, AlertRecord>();
  return {
    read: async (_kind, ids) => ids.flatMap((id) => kept.get(id) ?? []),
    write: async (_kind, changes) =>
      changes.map((record) => {
        if ((kept.get(record._id)?.version ?? 0) !== record.version - 1) return false;
        kept.set(record._id, record);
        return true;
      }),
  };
}

it("does not lead again after another one has led and ended", async () => {
  const state = records();
  const ttlMs = 200;
  const first = exclusively({ state, name: "x", owner: "first", ttlMs }, async (held) => {
    // Stopped, with its timers, for longer than the lease lasts.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ttlMs * 2);
    const [stale] = await state.read("state", ["lease:x"]);
    await state.write("state", [
      { ...(stale as AlertRecord), version: Number(stale?.version) + 1, body: { owner: null } },
    ]);
    await pause(ttlMs * 2);
    held.check();
  });
  await expect(first).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
});
