/**
 * Versioned records that two processes never both change, on any server: each version is a document of its own,
 * `<id>#<version>`, and a unique `_id` lets one insert win. (FerretDB 1.x updates one document for two callers at once.)
 *
 * The highest version is the record. Whoever wrote a lower one, because it had looked long ago, takes it back.
 */
import type { Collection } from "mongodb";
import { parseJson, stringifyJson } from "../../event/json.ts";
import type { AlertRecord } from "../alert-records.ts";
import type { LeaseRecords } from "../lease.ts";
import { STATE } from "../schema-records.ts";
import type { Connection } from "./driver.ts";

interface StateDocument {
  readonly _id: string;
  readonly record: string;
  readonly version: number;
  readonly at: Date;
  readonly body: string;
}

const DUPLICATE_KEY = 11000;

export class MongoState implements LeaseRecords {
  readonly #connection: Connection;
  readonly #documents: Collection<StateDocument>;

  constructor(connection: Connection) {
    this.#connection = connection;
    const options = { readPreference: "primary", writeConcern: { w: "majority", wtimeoutMS: 10_000 } } as const;
    this.#documents = connection.db.collection(STATE, options);
  }

  async read(_kind: string, ids: readonly string[]): Promise<AlertRecord[]> {
    const found = await Promise.all(ids.map((id) => this.#highest(id)));
    return found.filter((document) => document !== undefined).map(recordOf);
  }

  async write(_kind: string, records: readonly AlertRecord[]): Promise<boolean[]> {
    const written: boolean[] = [];
    for (const record of records) {
      written.push(await this.#connection.call("store", () => this.#write(record)));
    }
    return written;
  }

  async #write({ _id, version, body, updatedMs }: AlertRecord): Promise<boolean> {
    const document = {
      _id: `${_id}#${version}`,
      record: _id,
      version,
      at: new Date(updatedMs),
      body: stringifyJson(body),
    };
    const before = await this.#highest(_id);
    if ((before?.version ?? 0) !== version - 1) return false;
    try {
      await this.#documents.insertOne(document);
    } catch (error) {
      if ((error as { code?: unknown }).code === DUPLICATE_KEY) return false;
      throw error;
    }
    if ((await this.#highest(_id))?.version === version) {
      await this.#documents.deleteMany({ record: _id, version: { $lt: version } });
      return true;
    }
    await this.#documents.deleteOne({ _id: document._id });
    return false;
  }

  async #highest(record: string): Promise<StateDocument | undefined> {
    const find = () => this.#documents.find({ record }).sort({ version: -1 }).limit(1).toArray();
    return (await this.#connection.call("read", find))[0];
  }
}

function recordOf({ record, version, at, body }: StateDocument): AlertRecord {
  const fields = parseJson(body) as AlertRecord["body"];
  return { _id: record, version, state: "lease", dueMs: null, updatedMs: at.getTime(), body: fields };
}
