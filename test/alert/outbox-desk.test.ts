import { describe, expect, it } from "vitest";
import { notificationId } from "../../src/alert/outbox-record.ts";
import { DOWN, deliver, draft, REFUSED, setting } from "./outbox-setting.ts";

const HOUR_MS = 3_600_000;
const ID = notificationId("i.1", 1, "hook", "ops");

describe("people", () => {
  it("try a dead one again from the first attempt", async () => {
    const { outbox, hook } = setting();
    hook.answer = () => REFUSED;
    await deliver(outbox, [draft(1)]);
    hook.answer = () => ({ status: "sent" });
    expect(await outbox.retry(ID)).toMatchObject({ state: "pending", attempts: 0 });
    await outbox.idle();
    expect(await outbox.get(ID)).toMatchObject({ state: "sent", attempts: 1 });
    await expect(outbox.retry(ID)).rejects.toMatchObject({
      code: "EVT_INVALID_OPTION",
      message: `id: notification ${ID} is sent and cannot be tried again`,
    });
    expect(await outbox.retry("nobody")).toBeUndefined();
  });

  it("discard a dead or waiting one, once and for all", async () => {
    const { outbox, hook, clock } = setting();
    hook.answer = () => DOWN;
    await deliver(outbox, [draft(1)]);
    expect((await outbox.discard(ID))?.state).toBe("discarded");
    expect((await outbox.discard(ID))?.state).toBe("discarded");
    await clock.advance(HOUR_MS);
    expect(hook.handed.length).toBe(1);
    expect(await outbox.discard("nobody")).toBeUndefined();
    await expect(outbox.retry(ID)).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
  });

  it("list them page by page, the newest first", async () => {
    const { outbox, clock } = setting({ mayLead: () => false });
    for (let n = 1; n <= 5; n += 1) {
      await outbox.put([draft(n)]);
      await clock.advance(1_000);
    }
    const first = await outbox.list({ limit: 3, states: ["pending"] });
    const second = await outbox.list({ limit: 3, cursor: first.cursor! });
    expect([...first.items, ...second.items].map(({ sequence }) => sequence)).toEqual([5, 4, 3, 2, 1]);
    expect(second.cursor).toBeNull();
    await expect(outbox.list({ limit: 0 })).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
    await expect(outbox.list({ cursor: "x" })).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
  });
});
