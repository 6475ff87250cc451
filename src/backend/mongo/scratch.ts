/**
 * Scratch databases on a server: `<base>_verify_<8 hex digits>`, with a note of who made it as their first document.
 *
 * What a process that died has left behind is removed by the next one that makes one for the same base. A database without
 * such a note is somebody's own, whatever it is called.
 */
import { randomBytes } from "node:crypto";
import type { Db } from "mongodb";
import { connect } from "./driver.ts";

const NOTES = "__restoring_holder";
const NAME = /^(.*)_verify_[0-9a-f]{8}$/s;
const TIMEOUT_MS = 20_000;

interface Note {
  readonly _id: "holder";
  readonly holder: object;
}

export interface ScratchOptions {
  readonly base: string;
  /** Who makes it; JSON. */
  readonly holder: object;
  /** True for a holder that has died for sure. */
  readonly isDead: (holder: unknown) => boolean;
}

/** Makes one, and removes dead ones. @returns its name @throws EventStoreError as `openMongo` */
export async function makeScratch(url: string, { base, holder, isDead }: ScratchOptions): Promise<string> {
  const name = `${base}_verify_${randomBytes(4).toString("hex")}`;
  const connection = await connect(url, { database: name, timeoutMs: TIMEOUT_MS });
  try {
    const { db } = connection;
    for (const found of await namesOf(db, base)) {
      const other = db.client.db(found);
      const note = await connection.call("read", () => other.collection<Note>(NOTES).findOne({ _id: "holder" }));
      if (note && isDead(note.holder)) await connection.call("drop a scratch database", () => other.dropDatabase());
    }
    const written = () => db.collection<Note>(NOTES).insertOne({ _id: "holder", holder });
    await connection.call("store", written);
    return name;
  } finally {
    await connection.close();
  }
}

/** None where the user may not list databases. */
async function namesOf(db: Db, base: string): Promise<readonly string[]> {
  const found = await db
    .admin()
    .listDatabases({ nameOnly: true })
    .catch(() => ({ databases: [] }));
  return found.databases.map(({ name }) => name).filter((name) => NAME.exec(name)?.[1] === base);
}
