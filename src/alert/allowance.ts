/**
 * Allowance: the caps of recipients, kept in records (`state`, id `cap:<channel>:<recipient>`) so that they survive a restart.
 *
 * Within one pass: `load` the recipients of a page; `reserve` for each notification in order says whether it will be allowed;
 * `charge` those that go out now; `save` before they do. A crash after `save` costs the recipient a mail, never gives one more.
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import type { Json } from "../event/json.ts";
import { type CapRequest, takeOne, type Usage } from "./caps.ts";
import type { Notification } from "./notification.ts";

/** Recipients remembered between passes; then all are read again. */
const MOST_REMEMBERED = 1_000;

interface Account {
  readonly version: number;
  readonly usage: Usage;
  /** Usage as it will be when all reserved ones have gone. */
  readonly reserved: Usage;
  readonly charged: boolean;
}

type Who = Pick<Notification, "channel" | "recipient">;

export class Allowance {
  readonly #records: AlertRecords;
  readonly #accounts = new Map<string, Account>();

  constructor(records: AlertRecords) {
    this.#records = records;
  }

  /** Begins a pass for these recipients. */
  async load(who: readonly Who[]): Promise<void> {
    const ids = [...new Set(who.map(accountId))];
    if (this.#accounts.size > MOST_REMEMBERED) this.forget();
    for (const [id, account] of this.#accounts) this.#accounts.set(id, { ...account, reserved: account.usage });
    const unknown = ids.filter((id) => !this.#accounts.has(id));
    if (unknown.length === 0) return;
    for (const id of unknown) this.#accounts.set(id, { version: 0, usage: [], reserved: [], charged: false });
    for (const record of await this.#records.read("state", unknown)) {
      const usage = record.body.usage as unknown as Usage;
      this.#accounts.set(record._id, { version: record.version, usage, reserved: usage, charged: false });
    }
  }

  /** Will this one be allowed, after all those before it? */
  reserve(who: Who, request: CapRequest): boolean {
    return this.#take(who, "reserved", request);
  }

  /** It goes out now. Only for one that was reserved. */
  charge(who: Who, request: CapRequest): void {
    this.#take(who, "usage", request);
  }

  /** Makes the charges durable. @returns false when somebody else charged meanwhile: nothing may go out then. */
  async save(nowMs: number): Promise<boolean> {
    const charged = [...this.#accounts].filter(([, account]) => account.charged);
    if (charged.length === 0) return true;
    const kept = await this.#records.write(
      "state",
      charged.map(([id, account]) => accountRecord(id, account, nowMs)),
    );
    for (const [id, account] of charged) {
      this.#accounts.set(id, { ...account, version: account.version + 1, charged: false });
    }
    if (kept.every(Boolean)) return true;
    this.forget();
    return false;
  }

  /** Reads everything again next time. */
  forget(): void {
    this.#accounts.clear();
  }

  #take(who: Who, field: "usage" | "reserved", request: CapRequest): boolean {
    const id = accountId(who);
    const account = this.#accounts.get(id);
    if (account === undefined) throw new TypeError(`no account loaded: ${id}`);
    const taken = takeOne(account[field], request);
    if (taken === null) return false;
    this.#accounts.set(id, { ...account, [field]: taken, charged: account.charged || field === "usage" });
    return true;
  }
}

function accountId({ channel, recipient }: Who): string {
  return `cap:${channel}:${recipient}`;
}

function accountRecord(id: string, account: Account, nowMs: number): AlertRecord {
  const usage = account.usage as unknown as Json;
  return { _id: id, version: account.version + 1, state: "cap", dueMs: null, updatedMs: nowMs, body: { usage } };
}
