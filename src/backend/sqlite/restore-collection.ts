/** A collection being restored into a table. */
import { setImmediate as turn } from "node:timers/promises";
import { EventStoreError } from "../../errors.ts";
import type { CollectionTarget, DocumentBatch, Inserted } from "../dump-contract.ts";
import type { Connection } from "./connection.ts";
import type { Rows } from "./restore-rows.ts";

/** Documents per transaction. */
const AT_ONCE = 500;

export interface RowsPlace<Row> {
  readonly connection: Connection;
  readonly name: string;
  readonly rows: Rows<Row>;
  decode(bytes: Uint8Array): Row;
}

export class RowsTarget<Row> implements CollectionTarget {
  readonly #place: RowsPlace<Row>;

  constructor(place: RowsPlace<Row>) {
    this.#place = place;
  }

  async insert(documents: DocumentBatch): Promise<Inserted> {
    let inserted = 0;
    for (let at = 0; at < documents.length; at += AT_ONCE) {
      inserted += this.#insertSome(documents.slice(at, at + AT_ONCE));
      await turn();
    }
    return { inserted, skipped: documents.length - inserted };
  }

  async count(): Promise<number> {
    return this.#place.rows.count(this.#place.connection);
  }

  async difference(documents: DocumentBatch): Promise<string | undefined> {
    const { connection, rows } = this.#place;
    for (const row of this.#decoded(documents)) {
      const fields = rows.difference(connection, row);
      if (fields === undefined) return `the document ${rows.idOf(row)} is missing`;
      if (fields.length > 0) return `the document ${rows.idOf(row)} differs in ${fields.join(", ")}`;
    }
    return undefined;
  }

  /** Tables have their indexes from the beginning. */
  async finish(): Promise<void> {}

  #insertSome(documents: DocumentBatch): number {
    const { connection, rows } = this.#place;
    const decoded = this.#decoded(documents);
    return connection.transaction(() => {
      rows.begin?.(connection);
      const inserted = decoded.filter((row) => rows.write(connection, row)).length;
      rows.written?.(connection);
      return inserted;
    });
  }

  #decoded(documents: DocumentBatch): readonly Row[] {
    const { decode, name } = this.#place;
    return documents.map((bytes, i) => {
      try {
        return decode(bytes);
      } catch (cause) {
        const reason = cause instanceof TypeError ? cause.message : "it is no readable BSON document";
        throw new EventStoreError("EVT_INVALID_OPTION", `document ${i + 1} of a batch of ${name}: ${reason}`, {
          cause,
        });
      }
    });
  }
}
