/** Documents of a dump as rows of SQLite: the way back of dump-encoder.ts, and for what MADSci's servers wrote. */
import type { AlertRow, EventRow, VersionRow } from "./dump-encoder.ts";

export type RestoredEvent = Omit<EventRow, "seq">;

/** All throw an Error where the bytes are no BSON document, or not one of this collection. */
export interface RestoreDecoder {
  event(bytes: Uint8Array): RestoredEvent;
  alert(bytes: Uint8Array): AlertRow;
  version(bytes: Uint8Array): VersionRow;
}
