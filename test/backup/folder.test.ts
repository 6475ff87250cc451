import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Binary, Long, ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { Connection } from "../../src/backend/sqlite/connection.ts";
import { createBackup } from "../../src/backup/create.ts";
import type { BackupInfo, CreateBackupOptions } from "../../src/backup/types.ts";
import { mongoSkip, rawClient } from "../helpers/mongo.ts";
import { type Filled, filledFile, inFolder, withDatabase } from "./filled.ts";
import { type Dumped, readFolder, readPrelude } from "./independent-dump.ts";

type More = Partial<CreateBackupOptions>;

async function backUp({ url, database }: Filled, dir: string, more: More = {}): Promise<BackupInfo> {
  const source = await openDumpSource(url, { database });
  try {
    return await createBackup({ source, dir, format: "folder", now: () => new Date(), ...more });
  } finally {
    await source.close();
  }
}

const folderOf = ({ path, database }: BackupInfo) => join(path, database);
const idsOf = (documents: readonly Dumped[] = []) => documents.map(({ _id }) => _id);
/** Fields of a document as text, whatever class of BSON they have. */
const told = (value: unknown) => JSON.stringify(value, (_key, its) => (typeof its === "bigint" ? String(its) : its));

const ENGINES = [
  { name: "sqlite", skip: undefined, run: (work: Work) => inFolder(async (dir) => work(await filledFile(dir), dir)) },
  {
    name: "mongo",
    skip: mongoSkip,
    run: (work: Work) => inFolder((dir) => withDatabase((filled) => work(filled, dir))),
  },
];
type Work = (filled: Filled, dir: string) => Promise<void>;

for (const { name, skip, run } of ENGINES) {
  describe.skipIf(skip !== undefined)(`a folder as mongodump writes it, from ${name}`, () => {
    it("is read by an independent reader, whole", () =>
      run(async (filled, dir) => {
        const backup = await backUp(filled, dir);
        const read = readFolder(folderOf(backup));
        expect([...read.keys()].sort()).toEqual(Object.keys(backup.metadata.documents ?? {}));
        expect(idsOf(read.get("events")?.documents).sort()).toEqual(filled.ids);
        expect(idsOf(read.get("alert_incidents")?.documents)).toEqual(["incident:1"]);
        expect(backup.metadata.documents).toMatchObject({ events: 30, alert_incidents: 1 });
        expect(backup.metadata.collections_count).toBe(read.size);
      }));

    it("has what mongorestore asks for beside the documents", () =>
      run(async (filled, dir) => {
        const backup = await backUp(filled, dir);
        const { metadata } = readFolder(folderOf(backup)).get("events") as { metadata: Dumped };
        expect(metadata).toMatchObject({ collectionName: "events", type: "collection" });
        expect(metadata.options).toEqual(expect.any(Object));
        expect(metadata.indexes).toContainEqual(
          expect.objectContaining({ name: "_id_", key: { _id: expect.anything() } }),
        );
        const prelude = readPrelude(folderOf(backup));
        expect(prelude).toEqual({
          ServerVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
          ToolVersion: "madsci-events 0.1.0",
        });
      }));

    it("keeps archive, marks and long numbers", () =>
      run(async (filled, dir) => {
        const documents = readFolder(folderOf(await backUp(filled, dir))).get("events")?.documents ?? [];
        const byId = new Map(documents.map((document) => [String(document._id), document]));
        const [archived, marked, plain] = filled.ids.slice(0, 3).map((id) => byId.get(id) as Dumped);
        expect(archived).toMatchObject({ archived: true, archived_at: new Date("2026-03-04T05:06:07.089Z") });
        expect(told(marked?.alerting)).toContain('"rules":["hot"]');
        expect(plain).toMatchObject({ archived: false, archived_at: null });
        expect(plain).not.toHaveProperty("alerting");
        expect(String(plain?.ts)).toBe(String(BigInt(Date.parse("2026-03-04T05:06:02.123Z")) * 1000n + 456n));
        expect(told(plain)).toContain("é");
        expect(String((plain?.event_data as Dumped | undefined)?.long)).toBe("9007199254740993");
        expect(plain?.received_at).toEqual(new Date("2026-03-04T05:06:07.089Z"));
      }));

    it("packed has the same documents and the same checksum", () =>
      run(async (filled, dir) => {
        const [plain, packed] = [await backUp(filled, dir), await backUp(filled, dir, { gzip: true })];
        expect(readdirSync(folderOf(packed)).every((file) => file.endsWith(".gz"))).toBe(true);
        expect(packed.metadata.checksum).toBe(plain.metadata.checksum);
        expect(told([...readFolder(folderOf(packed))])).toBe(told([...readFolder(folderOf(plain))]));
      }));

    it("holds only the collections asked for (C56), and refuses one that is not there", () =>
      run(async (filled, dir) => {
        const backup = await backUp(filled, dir, { collections: ["events"] });
        expect([...readFolder(folderOf(backup)).keys()]).toEqual(["events"]);
        await expect(backUp(filled, dir, { collections: ["nothing"] })).rejects.toThrow(/there is no "nothing" in/);
      }));
  });
}

describe.skipIf(mongoSkip !== undefined)("a folder from a MongoDB others write to", () => {
  it("has every byte of documents nobody of ours wrote, and leaves out restores under way", () =>
    inFolder((dir) =>
      withDatabase(async (filled) => {
        const client = await rawClient();
        const odd = { _id: new ObjectId(), b: new Binary(Buffer.from("x")), l: Long.fromNumber(5), i: 5, f: 5.5 };
        try {
          await client.db(filled.database).collection("others").insertOne(odd);
          await client.db(filled.database).collection("events__restoring_1a2b3c4d").insertOne({ x: 1 });
          await client.db(filled.database).createCollection("empty");
          const backup = await backUp(filled, dir);
          const read = readFolder(folderOf(backup));
          expect([...read.keys()].filter((name) => name.includes("restoring"))).toEqual([]);
          expect(read.get("empty")?.documents).toEqual([]);
          const [document] = read.get("others")?.documents ?? [];
          expect(document).toMatchObject({ _id: odd._id, b: odd.b });
          expect(Object.values(document ?? {}).map((value) => (value as { _bsontype: string })._bsontype)).toEqual([
            "ObjectId",
            "Binary",
            "Long",
            "Int32",
            "Double",
          ]);
          expect(readFileSync(join(folderOf(backup), "empty.bson")).length).toBe(0);
        } finally {
          await client.close();
        }
      }),
    ));
});

describe("a folder from SQLite", () => {
  it("has schema versions in MADSci's shape, the same each time", () =>
    inFolder(async (dir) => {
      const filled = await filledFile(dir);
      const connection = await Connection.open(join(dir, "lab.db"));
      connection.run("delete from schema_versions");
      const row = ["1.0.0", "2026-01-02T03:04:05.678Z", "by hand"];
      connection.run("insert into schema_versions (version, applied_at, migration_notes) values (?, ?, ?)", row);
      connection.close();
      const versions = async () => readFolder(folderOf(await backUp(filled, dir))).get("schema_versions")?.documents;
      const found = await versions();
      const record = { version: "1.0.0", applied_at: new Date("2026-01-02T03:04:05.678Z"), migration_notes: "by hand" };
      expect(found).toEqual([{ _id: expect.any(ObjectId), ...record }]);
      expect(await versions()).toEqual(found);
    }));
});
