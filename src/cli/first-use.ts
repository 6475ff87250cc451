/**
 * First use: a channel that is new or has changed is checked when the server starts, so that a wrong password is noticed
 * on the day it is written and not on the day of the incident. With `testSend` it also sends one message.
 *
 * What was found to work is kept beside the incidents, by a hash of the channel's configuration; what did not is looked
 * at again at the next start. Runs beside the start, never before it, and nothing it finds stops anything.
 */
import { createHash } from "node:crypto";
import type { AlertDesk } from "../alert/desk.ts";
import type { AlertPlan, ChannelPlan } from "../alert/plan.ts";
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";

export interface FirstUse {
  readonly records: AlertRecords;
  readonly desk: Pick<AlertDesk, "verify" | "test">;
  readonly plan: Pick<AlertPlan, "channels">;
  readonly testSend: boolean;
  /** Told what was found, in words. */
  readonly say: (message: string, isTrouble: boolean) => void;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
}

/** Resolves when all channels are looked at. Never rejects. */
export async function checkFirstUse(use: FirstUse): Promise<void> {
  try {
    const known = await use.records.read("state", use.plan.channels.map(idOf));
    for (const channel of use.plan.channels) {
      const before = known.find(({ _id }) => _id === idOf(channel));
      if (before?.body.hash === hashOf(channel)) continue;
      if (use.signal.aborted) return;
      await checkOne(channel, before, use);
    }
  } catch (error) {
    if (!use.signal.aborted) use.say(`channels could not be checked: ${wordsOf(error)}`, true);
  }
}

async function checkOne(channel: ChannelPlan, before: AlertRecord | undefined, use: FirstUse): Promise<void> {
  const { desk, records, testSend, say, signal } = use;
  const [found] = await desk.verify(channel.name);
  const problem = found?.problem ?? (testSend ? await testProblem(channel.name, desk) : null);
  if (signal.aborted) return;
  if (problem !== null) {
    say(`channel ${channel.name} cannot work: ${problem}; nobody is told through it until that is mended`, true);
    return;
  }
  say(`channel ${channel.name} works${testSend ? ", a test message is sent" : ""}`, false);
  const version = (before?.version ?? 0) + 1;
  const body = { hash: hashOf(channel) };
  await records.write("state", [
    { _id: idOf(channel), version, state: "verified", dueMs: null, updatedMs: Date.now(), body },
  ]);
}

async function testProblem(name: string, desk: FirstUse["desk"]): Promise<string | null> {
  const sent = await desk.test(name);
  const failed = sent.find(({ delivery }) => delivery.status !== "sent");
  return failed === undefined || failed.delivery.status === "sent" ? null : failed.delivery.reason;
}

function idOf({ name }: Pick<ChannelPlan, "name">): string {
  return `channel:${name}`;
}

/** Of secrets only as much goes in as tells that they have changed, and too little to find them by trying. */
function hashOf(channel: ChannelPlan): string {
  const secrets: unknown[] = [];
  const open = JSON.stringify(channel, (key, value: unknown) => {
    if (!/^(user|password|secret|headers|url)$/.test(key)) return value;
    secrets.push(value);
    return null;
  });
  return `${hexOf(open)}-${hexOf(JSON.stringify(secrets)).slice(0, 4)}`;
}

function hexOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
