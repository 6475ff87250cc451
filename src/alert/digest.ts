/**
 * Digests: what recipients get instead of the notifications that were too many, once per time of the digest plan.
 *
 * The folded notifications are the truth. A digest is put together page by page in a record (`state`, id
 * `digest:<channel>:<recipient>`), each page in this order: draft written, then its notifications marked as digested. When all
 * that was due is in, the draft is closed, its notification inserted, the draft emptied for the next one:
 *
 *   idle ─(folded ones are due)─► open ─(no more due)─► closed ─(notification inserted)─► idle
 *
 * A crash between any two steps is mended by doing the step again: what a draft has taken in it knows, and the notification's
 * id follows from the draft's number.
 */
import { Cron } from "croner";
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import type { Json } from "../event/json.ts";
import { type DigestDraft, digestNotice, draftOf, emptyDraft, merged } from "./digest-draft.ts";
import type { Notification } from "./notification.ts";
import { changed, newRecord, notificationId, notificationOf, removalMs } from "./outbox-record.ts";
import type { AlertPlan } from "./plan.ts";

/** Incident id of digests, which are about many. */
const INCIDENT = "digest";
/** Drafts finished in one go; more wait for the next. */
const PAGE = 100;
/** Where a cron line has no next time. */
const FALLBACK_MS = 3_600_000;

export interface DigestFacts {
  readonly nowMs: number;
  /** From 0 up to 1. */
  readonly random: number;
}

export class Digests {
  readonly #records: AlertRecords;
  readonly #plan: AlertPlan["digest"];
  readonly #cron: Cron;

  constructor(records: AlertRecords, plan: AlertPlan["digest"]) {
    this.#records = records;
    this.#plan = plan;
    this.#cron = new Cron(plan.cron, { timezone: plan.timezone, paused: true });
  }

  /** When what is folded now will be told. */
  nextMs(nowMs: number): number {
    return this.#cron.nextRun(new Date(nowMs))?.getTime() ?? nowMs + FALLBACK_MS;
  }

  /** Takes folded notifications whose time has come into their recipients' drafts. */
  async collect(folded: readonly AlertRecord[], facts: DigestFacts): Promise<void> {
    const parts = byRecipient(folded);
    const drafts = await this.#drafts([...parts.keys()], facts.nowMs);
    const next = [...parts].map(([id, part]) => this.#extended(id, drafts.get(id), { part, nowMs: facts.nowMs }));
    const kept = await this.#records.write("state", next);
    const taken = next
      .filter((_, index) => kept[index])
      .flatMap((draft) => digested(draft, parts.get(draft._id)!, facts));
    if (taken.length > 0) await this.#records.write("notifications", taken);
  }

  /** Sends off the drafts that are begun: what was due is in. @returns true when there was any */
  async finish(nowMs: number): Promise<boolean> {
    const begun = await this.#records.list("state", { states: ["open", "closed"], prefix: "digest:", limit: PAGE });
    for (const draft of begun) await this.#finishOne(draft, nowMs);
    return begun.length > 0;
  }

  /** Drafts as they are; a closed one takes in nothing more and is finished first. */
  async #drafts(ids: readonly string[], nowMs: number): Promise<Map<string, AlertRecord>> {
    const found = await this.#records.read("state", ids);
    const closed = found.filter(({ state }) => state === "closed");
    for (const draft of closed) await this.#finishOne(draft, nowMs);
    const current = closed.length === 0 ? found : await this.#records.read("state", ids);
    return new Map(current.map((draft) => [draft._id, draft]));
  }

  async #finishOne(draft: AlertRecord, nowMs: number): Promise<void> {
    const closed =
      draft.state === "closed" ? draft : await this.#step(draft, "closed", { nowMs, body: draftOf(draft) });
    if (closed === null) return;
    const body = draftOf(closed);
    const notice = digestNotice(body, this.#plan.minSeverity);
    const { channel, recipient, number } = body;
    if (notice !== null) {
      const record = newRecord({ incident_id: INCIDENT, sequence: number, channel, recipient, notice }, nowMs);
      await this.#records.write("notifications", [record]);
    }
    // Ids stay: one of them may have been left unmarked by a crash.
    const empty = { ...emptyDraft(body, number + 1), merged: body.merged };
    await this.#step(closed, "idle", { nowMs, body: empty });
  }

  async #step(draft: AlertRecord, state: string, { nowMs, body }: { nowMs: number; body: DigestDraft }) {
    const next = draftRecord(draft._id, draft.version + 1, { state, nowMs, body });
    const [kept] = await this.#records.write("state", [next]);
    return kept ? next : null;
  }

  #extended(
    id: string,
    draft: AlertRecord | undefined,
    { part, nowMs }: { part: readonly AlertRecord[]; nowMs: number },
  ) {
    const folded = part.map(notificationOf);
    const before = draft === undefined ? emptyDraft(who(folded[0]!), 1) : draftOf(draft);
    const body = merged(before, folded, this.#plan.minSeverity);
    return draftRecord(id, (draft?.version ?? 0) + 1, { state: "open", nowMs, body });
  }
}

function draftRecord(
  id: string,
  version: number,
  { state, nowMs, body }: { state: string; nowMs: number; body: DigestDraft },
): AlertRecord {
  return { _id: id, version, state, dueMs: null, updatedMs: nowMs, body: body as unknown as { [field: string]: Json } };
}

function digested(draft: AlertRecord, part: readonly AlertRecord[], { nowMs, random }: DigestFacts): AlertRecord[] {
  const { number, channel, recipient } = draftOf(draft);
  const digest = notificationId(INCIDENT, number, channel, recipient);
  // Spread over the page: what was folded together is not removed together.
  return part.map((record, index) => {
    const dueMs = removalMs("folded", nowMs, (random + index / part.length) % 1);
    return { ...changed(record, { state: "folded", dueMs, nowMs }, { digest }), updatedMs: record.updatedMs };
  });
}

function byRecipient(folded: readonly AlertRecord[]): Map<string, AlertRecord[]> {
  const parts = new Map<string, AlertRecord[]>();
  for (const record of folded) {
    const { channel, recipient } = notificationOf(record);
    const id = `digest:${channel}:${recipient}`;
    const part = parts.get(id);
    if (part === undefined) parts.set(id, [record]);
    else part.push(record);
  }
  return parts;
}

function who({ channel, recipient }: Notification): Pick<DigestDraft, "channel" | "recipient"> {
  return { channel, recipient };
}
