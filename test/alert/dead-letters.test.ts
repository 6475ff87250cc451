/** Dead letters as rules see them. */
import { describe, expect, it } from "vitest";
import { EngineBench, NODE_ERROR } from "./engine-bench.ts";
import { HOUR, MINUTE } from "./lab.ts";
import { deliver, drafts, incident, notice, REFUSED, setting } from "./outbox-setting.ts";

const DEAD_LETTER = {
  id: "dead-letter",
  kind: "ledger",
  counter: "notifications_dead",
  over: 0,
  severity: "error",
} as const;

describe("a rule that watches dead letters", () => {
  it("makes no news of its own", async () => {
    const once = { repeatInterval: "24h", resolveAfter: "never" } as const;
    const bench = new EngineBench({
      rules: [
        { ...NODE_ERROR, ...once },
        { ...DEAD_LETTER, ...once },
      ],
    });
    const engine = await bench.start({ send: () => REFUSED });
    bench.append();
    await bench.advance(6 * HOUR);
    const its = bench.told.filter(({ notification }) => notification.notice.incident.rule === "dead-letter");
    expect(its.length).toBe(1);
    expect(engine.stats().notifications_dead).toBeGreaterThan(1);
    await bench.close();
  });

  it("sees those of all other rules, also after a restart and when people have given some up", async () => {
    const { outbox, hook, again, clock } = setting({ uncounted: new Set(["dead-letter"]) });
    hook.answer = () => REFUSED;
    const own = notice({ ...incident("d.1"), rule: "dead-letter" });
    await deliver(outbox, [
      ...drafts(3),
      ...drafts(2, { notice: own, channel: "mail" }),
      ...drafts(2, { notice: own, recipient: "x" }),
    ]);
    expect(outbox.stats()).toMatchObject({ dead: 5, deadWatched: 3 });
    const next = again();
    await next.pump();
    expect(next.stats()).toMatchObject({ dead: 5, deadWatched: 3 });
    await next.discard(
      (await next.list({ states: ["dead"] })).items.find((one) => one.recipient === "ops")!.notification_id,
    );
    await next.idle();
    expect(next.stats()).toMatchObject({ dead: 4, deadWatched: 2 });
    await clock.advance(2 * MINUTE);
    expect(outbox.stats()).toMatchObject({ dead: 4, deadWatched: 2 });
  });
});
