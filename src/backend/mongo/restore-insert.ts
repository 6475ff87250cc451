/** Inserts documents of a dump as they are, skipping ids that are there. */
import type { Collection, Document } from "mongodb";
import { EventStoreError } from "../../errors.ts";
import type { DocumentBatch, Inserted } from "../dump-contract.ts";
import type { Connection } from "./driver.ts";
import type { RestoreCodec } from "./restore-bson.ts";

/** Documents per command. */
const AT_ONCE = 1000;
const DUPLICATE_KEY = 11000;

export interface InsertPlace {
  readonly connection: Connection;
  readonly codec: RestoreCodec;
  readonly collection: Collection;
  /** As people know it. */
  readonly name: string;
}

/** @throws EventStoreError naming the document where the server refuses one */
export async function insertDocuments(place: InsertPlace, documents: DocumentBatch): Promise<Inserted> {
  let [inserted, skipped] = [0, 0];
  for (let at = 0; at < documents.length; at += AT_ONCE) {
    const some = documents.slice(at, at + AT_ONCE).map((bytes) => place.codec.parse(bytes));
    const present = await insertSome(place, some);
    inserted += some.length - present;
    skipped += present;
  }
  return { inserted, skipped };
}

/** How many were there. */
async function insertSome(place: InsertPlace, documents: Document[]): Promise<number> {
  const { connection, collection } = place;
  // promoteValues is the driver's for what it reads; what it writes is typed already.
  const run = () => collection.insertMany(documents, { ordered: false, forceServerObjectId: true });
  try {
    await connection.attempt(run);
    return 0;
  } catch (error) {
    const { writeErrors } = error as { readonly writeErrors?: WriteError | readonly WriteError[] };
    const errors = writeErrors === undefined ? [] : Array.isArray(writeErrors) ? writeErrors : [writeErrors];
    const refused = errors.find(({ code }) => code !== DUPLICATE_KEY);
    if (refused !== undefined) throw refusal(place, documents[refused.index], refused.code, error);
    if (errors.length === 0) return connection.call("store", () => Promise.reject(error));
    return errors.length;
  }
}

interface WriteError {
  readonly index: number;
  readonly code: number;
}

function refusal({ name }: InsertPlace, document: Document | undefined, code: number, cause: unknown): EventStoreError {
  const message = `the server refuses the document ${String(document?._id)} of ${name} (MongoDB code ${code})`;
  return new EventStoreError("EVT_INVALID_OPTION", message, { cause });
}
