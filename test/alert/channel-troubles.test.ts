/** What is said of a channel that does not take messages: a process that ended in the middle is no fault of the channel. */
import { describe, expect, it } from "vitest";
import { ChannelTroubles } from "../../src/alert/channel-troubles.ts";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import type { Delivery } from "../../src/alert/notification.ts";
import { FaultyRecords, Mortal } from "./faulty-records.ts";
import { MINUTE, SECOND } from "./lab.ts";
import { DOWN, draft, held, SENT, setting } from "./outbox-setting.ts";

/** The process ends while a channel has a message; to the next one the channel answers `next`. */
async function cutOff(how: "crash" | "close", next: Delivery) {
  const words: string[] = [];
  const memory = new MemoryRecords();
  const troubles = new ChannelTroubles((message) => words.push(message));
  const on = setting({ records: memory, onOutcome: (notification) => troubles.saw(notification) });
  on.hook.answer = held().answer;
  const process = new Mortal(Number.POSITIVE_INFINITY, "lost");
  const first = on.again({ records: new FaultyRecords(memory, process.fault), mayLead: () => !process.dead });
  await first.put([draft(1)]);
  void first.pump();
  await on.clock.advance(SECOND);
  process.dead = how === "crash";
  const closed = how === "close" ? first.close() : undefined;
  await on.clock.advance(MINUTE);
  await closed;
  on.hook.answer = () => next;
  const second = on.again();
  await second.takeOver();
  await on.clock.advance(SECOND);
  await second.close();
  return { words, failing: [...troubles.failing()], handed: on.hook.handed.length, stats: [first, second] };
}

describe("a channel", () => {
  it.each(["crash", "close"] as const)("does not fail where the process ended before it answered: %s", async (how) => {
    const { words, failing, handed, stats } = await cutOff(how, SENT);
    expect([words, failing, handed]).toEqual([[], [], 2]);
    expect(stats.map((outbox) => outbox.stats().retried)).toEqual([0, 0]);
  });

  it.each(["crash", "close"] as const)("that fails afterwards is told of with its own reason: %s", async (how) => {
    const { words, failing } = await cutOff(how, DOWN);
    expect(words).toEqual(["a message to ops through hook has to wait and is tried again: connection refused"]);
    expect(failing).toEqual(["hook"]);
  });
});
