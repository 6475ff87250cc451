/** In which order the notices of one incident reach a recipient. */
import { describe, expect, it } from "vitest";
import { PAGE } from "../../src/alert/outbox-pass.ts";
import { notificationId } from "../../src/alert/outbox-record.ts";
import { EngineBench, NODE_ERROR } from "./engine-bench.ts";
import { MINUTE, SECOND } from "./lab.ts";
import { DOWN, deliver, draft, drafts, held, LATER, REFUSED, SENT, type Setting, setting } from "./outbox-setting.ts";

/** More than an outbox looks at at once. */
const FLOOD = PAGE + 100;
const FIRST = notificationId("i.1", 1, "hook", "ops");

/** `incident/sequence@seconds` of all that was handed over. */
function order({ hook, clock }: Setting, startMs = clock.now()): string[] {
  return hook.handed.map(
    ({ atMs, notification }) => `${notification.incident_id}/${notification.sequence}@${(atMs - startMs) / SECOND}`,
  );
}

/** A setting whose channel does not take the first notice of `i.1` yet. */
function blocked() {
  const world = setting();
  world.hook.answer = ({ incident_id, sequence }) => (incident_id === "i.1" && sequence === 1 ? LATER : SENT);
  return { ...world, startMs: world.clock.now() };
}

describe("notices of one incident to one recipient", () => {
  it("go out in the order in which they were said, also when the first has to be tried again", async () => {
    const world = blocked();
    await deliver(world.outbox, [draft(1)]);
    await deliver(world.outbox, [draft(2), draft(3), draft(2, { incident_id: "i.2" }), draft(2, { recipient: "x" })]);
    expect(order(world, world.startMs)).toEqual(["i.1/1@0", "i.2/2@0", "i.1/2@0"]);
    expect(world.hook.handed[2]?.recipient).toBe("x");
    world.hook.answer = () => SENT;
    await world.clock.advance(15 * SECOND);
    expect(order(world, world.startMs).slice(3)).toEqual(["i.1/1@15", "i.1/2@15", "i.1/3@15"]);
    expect(world.outbox.stats()).toMatchObject({ sent: 5, retried: 1, waiting: 0 });
  });

  it("never are under way together", async () => {
    const world = setting();
    const { answer, finish } = held();
    world.hook.answer = answer;
    await world.outbox.put([draft(1), draft(2)]);
    await world.outbox.pump();
    await world.clock.advance(5 * SECOND);
    expect(world.hook.handed.length).toBe(1);
    world.hook.answer = () => SENT;
    finish(SENT);
    await world.outbox.idle();
    expect(order(world, world.clock.now() - 5 * SECOND)).toEqual(["i.1/1@0", "i.1/2@5"]);
  });

  it("keep their order through a change of leader", async () => {
    const world = blocked();
    await deliver(world.outbox, [draft(1)]);
    await world.outbox.close();
    const next = world.again();
    await deliver(next, [draft(2)]);
    expect(world.hook.handed.length).toBe(1);
    world.hook.answer = () => SENT;
    await world.clock.advance(15 * SECOND);
    expect(order(world, world.startMs)).toEqual(["i.1/1@0", "i.1/1@15", "i.1/2@15"]);
    await next.close();
  });

  it("are not held up by one that was given up, and only for a minute by one that another process discards", async () => {
    const world = blocked();
    world.hook.answer = ({ sequence }) => (sequence === 1 ? REFUSED : sequence === 2 ? LATER : SENT);
    await deliver(
      world.outbox,
      drafts(3).map((one) => ({ ...one, incident_id: "i.1" })),
    );
    expect(order(world, world.startMs)).toEqual(["i.1/1@0", "i.1/2@0"]);
    await world.clock.advance(5 * MINUTE);
    const tried = world.hook.handed.length;
    await world.again({ mayLead: () => false }).discard(notificationId("i.1", 2, "hook", "ops"));
    await world.clock.advance(MINUTE);
    expect(
      order(world)
        .slice(tried)
        .map((one) => one.split("@")[0]),
    ).toEqual(["i.1/3"]);
  });

  it("wait without attempts while a channel is down, and all arrive in order once it is up", async () => {
    const world = setting();
    world.hook.answer = () => DOWN;
    for (let n = 1; n <= 8; n += 1) {
      await deliver(world.outbox, [draft(n)]);
      await world.clock.advance(5 * MINUTE);
    }
    const tried = world.hook.handed.length;
    expect(new Set(world.hook.ids)).toEqual(new Set([FIRST]));
    world.hook.answer = () => SENT;
    await world.clock.advance(30 * MINUTE);
    expect(world.hook.handed.slice(tried).map(({ notification }) => notification.sequence)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });

  it("do not hold up each other where each is a message of MADSci's own form", async () => {
    const world = blocked();
    const compat = { notice: { ...draft(1).notice, compat: true } };
    await deliver(world.outbox, [draft(1, compat), draft(2, compat)]);
    expect(order(world, world.startMs)).toEqual(["i.1/1@0", "i.1/2@0"]);
  });

  it("of a flood do not hide those of others", async () => {
    const world = blocked();
    await deliver(world.outbox, [draft(1)]);
    await world.outbox.put(Array.from({ length: FLOOD }, (_, n) => draft(n + 2)));
    await deliver(world.outbox, [draft(1, { incident_id: "i.2" })]);
    expect(world.hook.handed.at(-1)?.notification.incident_id).toBe("i.2");
    world.hook.answer = () => SENT;
    await world.clock.advance(10 * MINUTE);
    const sequences = world.hook.handed.slice(2).map(({ notification }) => notification.sequence);
    expect(sequences).toEqual(Array.from({ length: 1 + FLOOD }, (_, n) => n + 1));
  });
});

it("an engine tells of the end of an incident after its beginning", async () => {
  const rules = [{ ...NODE_ERROR, resolveWhen: { event_type: "node_start" } }];
  const bench = new EngineBench({ rules });
  let refusals = 1;
  await bench.start({ send: () => (refusals-- > 0 ? LATER : undefined) });
  bench.append();
  await bench.advance(40 * SECOND);
  bench.append({ event_type: "node_start" });
  await bench.advance(MINUTE);
  expect(bench.said()).toEqual(["firing@30", "firing@45", "resolved@45"]);
  await bench.close();
});
