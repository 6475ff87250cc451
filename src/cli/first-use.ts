/**
 * First use: a channel that is new or has changed is checked when the server starts, so that a wrong password is noticed
 * on the day it is written and not on the day of the incident. With `testSend` one that works also sends one message.
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
  readonly plan: Pick<AlertPlan, "channels" | "templates">;
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
      if (before?.body.hash === hashOf(channel, use.plan)) continue;
      if (use.signal.aborted) return;
      await checkOne(channel, before, use);
    }
  } catch (error) {
    if (!use.signal.aborted) use.say(`channels could not be checked: ${wordsOf(error)}`, true);
  }
}

async function checkOne(channel: ChannelPlan, before: AlertRecord | undefined, use: FirstUse): Promise<void> {
  const { desk, testSend, say, signal } = use;
  const [found] = await desk.verify(channel.name);
  if (signal.aborted) return;
  const problem = found?.problem ?? null;
  if (problem !== null) return say(troubleWords(channel, problem), true);
  if (!testSend) {
    say(`channel ${channel.name} works`, false);
    return void (await keep(channel, before, use));
  }
  // Kept before the message is sent: of several servers that start together one sends it.
  if (!(await keep(channel, before, use))) return;
  say(`channel ${channel.name} works`, false);
  say(`a test message goes to ${channel.name}, which ${before?.body.hash ? "has changed" : "is new"}`, false);
  await sendTest(channel, before, use);
}

/** A broken template costs no mail. */
function troubleWords({ name }: ChannelPlan, problem: string): string {
  if (problem.startsWith("templates")) return `channel ${name}: ${problem} until that is mended`;
  return `channel ${name} cannot work: ${problem}; nobody is told through it until that is mended`;
}

/** One message to each recipient. Where nobody got it, the channel is looked at again at the next start. */
async function sendTest(channel: ChannelPlan, before: AlertRecord | undefined, use: FirstUse): Promise<void> {
  const sent = await use.desk.test(channel.name);
  if (sent.length > 0 && sent.every(({ delivery }) => delivery.status !== "sent"))
    await write(use, channel, { version: (before?.version ?? 0) + 2, hash: "" });
  if (use.signal.aborted) return;
  for (const { recipient, delivery } of sent)
    if (delivery.status !== "sent")
      use.say(`the test message through ${channel.name} did not reach ${recipient}: ${delivery.reason}`, true);
}

/** False where another server was faster. */
async function keep(channel: ChannelPlan, before: AlertRecord | undefined, use: FirstUse): Promise<boolean> {
  return write(use, channel, { version: (before?.version ?? 0) + 1, hash: hashOf(channel, use.plan) });
}

async function write({ records }: FirstUse, channel: ChannelPlan, kept: { version: number; hash: string }) {
  const { version, hash } = kept;
  const record = { _id: idOf(channel), version, state: "verified", dueMs: null, updatedMs: Date.now(), body: { hash } };
  const [written] = await records.write("state", [record]);
  return written === true;
}

function idOf({ name }: Pick<ChannelPlan, "name">): string {
  return `channel:${name}`;
}

/** Of secrets only as much goes in as tells that they have changed, and too little to find them by trying. */
function hashOf(channel: ChannelPlan, { templates }: FirstUse["plan"]): string {
  const secrets: unknown[] = [];
  const written = channel.type === "email" ? { ...channel, templates } : channel;
  const open = JSON.stringify(written, (key, value: unknown) => {
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
