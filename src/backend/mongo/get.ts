/** Events by id. */
import type { StoredEvent } from "../../event/event.ts";
import { idKeys } from "./foreign.ts";
import { readDocument } from "./read.ts";
import { documents, type Room } from "./room.ts";

/** The events with these ids that exist. An id stored as text wins over one that only reads like it. */
export async function readByIds(room: Room, ids: readonly string[]): Promise<ReadonlyMap<string, StoredEvent>> {
  const keys = ids.flatMap((id) => idKeys(id, room.connection.dialect));
  const filter = keys.length === 1 ? { _id: keys[0] } : { _id: { $in: keys } };
  const found = new Map<string, StoredEvent>();
  for await (const docs of documents(room, filter, {})) {
    for (const doc of docs) {
      const { event, repaired } = readDocument(doc, room.zone);
      if (repaired.length > 0) room.notes.repaired(event._id, repaired);
      if (typeof doc._id === "string" || !found.has(event._id)) found.set(event._id, event);
    }
  }
  return found;
}
