/** Reads documents as a database in MongoDB holds them, ours or MADSci's, for an engine with rows; see restore-decoder.ts. */
import { type Instant, instantOf } from "../../event/instant.ts";
import type { ZoneReader } from "../../event/zone.ts";
import type { Marks } from "../alert-records.ts";
import type { RestoreDecoder } from "../restore-decoder.ts";
import { MARK_FIELD } from "./document.ts";
import { loadDriver } from "./driver.ts";
import { type RawDocument, readDocument } from "./read.ts";

export interface DecodeOptions {
  /** Of timestamps without offset. */
  readonly zone: ZoneReader;
  /** Archiving time of events that are archived without one: from then on they are kept as long as any other. */
  readonly now: Date;
}

/** @throws EventStoreError `EVT_MISSING_DRIVER` where the package `mongodb`, which reads BSON, is not installed */
export async function restoreDecoder({ zone, now }: DecodeOptions): Promise<RestoreDecoder> {
  const driver = await loadDriver(true);
  const { BSON } = driver as NonNullable<typeof driver>;
  const parse = (bytes: Uint8Array): RawDocument => BSON.deserialize(bytes);
  return {
    event(bytes) {
      const document = parse(bytes);
      const received = arrivalOf(document);
      const marks = marksOf(document[MARK_FIELD]);
      const { event, instant, archivedAt } = readDocument(document, zone);
      const archived = event.archived ? (archivedAt ?? instantOf(now)) : undefined;
      return { event, instant, received: received ?? instant, archivedAt: archived, marks };
    },
    alert(bytes) {
      const { _id, version, state, due, updated, body } = parse(bytes);
      const isRecord = isText(_id) && Number.isInteger(version) && isText(state) && isDate(updated) && isText(body);
      if (!isRecord) throw new TypeError("it is no record of alerting");
      return { id: _id, version: Number(version), state, due: isDate(due) ? +due : null, updated: +updated, body };
    },
    version(bytes) {
      const { _id, ...fields } = parse(bytes);
      if (!isText(fields.version)) throw new TypeError("it is no record of a schema version");
      const { applied_at = new Date(0) } = fields;
      const texts = {
        version: fields.version,
        applied_at: isDate(applied_at) ? applied_at.toISOString() : `${applied_at}`,
      };
      return {
        ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, columnOf(value)])),
        ...texts,
      };
    },
  };
}

const isText = (value: unknown): value is string => typeof value === "string";
const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime());

function arrivalOf({ received_at }: RawDocument): Instant | undefined {
  return isDate(received_at) ? instantOf(received_at) : undefined;
}

/** Which lanes of alerting an event waits for, and what matched. */
function marksOf(field: unknown): Marks | undefined {
  const { m } = (field ?? {}) as { readonly m?: unknown };
  if (typeof m !== "object" || m === null) return undefined;
  const lanes = Object.entries(m).map(([lane, matched]) => [lane, Array.isArray(matched) ? matched.map(String) : []]);
  return lanes.length === 0 ? undefined : (Object.fromEntries(lanes) as Marks);
}

function columnOf(value: unknown): string | number | null {
  if (typeof value === "boolean") return Number(value);
  return typeof value === "string" || typeof value === "number" ? value : null;
}
