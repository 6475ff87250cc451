/**
 * append: a batch of events → one outcome each.
 *
 * The first of equal ids in the batch is sent; the others are compared with it, as events the server already held are
 * compared with theirs.
 */
import type { StoredEvent } from "../../event/event.ts";
import type { Instant } from "../../event/instant.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import type { Marks } from "../alert-records.ts";
import type { AppendOutcome } from "../backend.ts";
import { storedEvent } from "./document.ts";
import { isSameEvent } from "./same-event.ts";

/** Ids that were there. `unsure`: perhaps only since an earlier attempt of this very call. */
export type Present = ReadonlyMap<string, "there" | "unsure">;

/** An event and what is written with it. */
export interface Incoming {
  readonly prepared: PreparedEvent;
  readonly marks: Marks | undefined;
}

/** What append needs of the collection. */
export interface AppendTarget {
  /** Inserts events of distinct ids, each with its marks; resolves to the ids that were there already. */
  insert(events: readonly Incoming[], received: Instant): Promise<Present>;
  read(ids: readonly string[]): Promise<ReadonlyMap<string, StoredEvent>>;
}

export async function append(
  incoming: readonly Incoming[],
  received: Instant,
  target: AppendTarget,
): Promise<AppendOutcome[]> {
  const batch = incoming.map(({ prepared }) => prepared);
  const firsts = new Map<string, number>();
  batch.forEach(({ event }, i) => void (firsts.has(event._id) || firsts.set(event._id, i)));
  const distinct = [...firsts.values()].map((i) => incoming[i] as Incoming);
  const present = await target.insert(distinct, received);
  const found = present.size === 0 ? new Map<string, StoredEvent>() : await target.read([...present.keys()]);
  return batch.map((prepared, i): AppendOutcome => {
    const { _id } = prepared.event;
    const firstAt = firsts.get(_id) as number;
    if (i === firstAt && !present.has(_id)) return { status: "stored" };
    const first = batch[firstAt] as PreparedEvent;
    const mine = storedEvent(first.event, first.instant, received);
    const existing = found.get(_id) ?? mine;
    const same = isSameEvent(prepared, existing);
    const identical = same && existing.received_at === mine.received_at;
    if (i === firstAt && present.get(_id) === "unsure" && identical) return { status: "stored" };
    return { status: same ? "duplicate" : "conflict", existing };
  });
}
