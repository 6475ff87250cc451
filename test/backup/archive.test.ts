import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { createBackup } from "../../src/backup/create.ts";
import type { BackupInfo } from "../../src/backup/types.ts";
import { mongoSkip } from "../helpers/mongo.ts";
import { type Filled, filledFile, inFolder, withDatabase } from "./filled.ts";
import { readArchive } from "./independent-dump.ts";

async function archived({ url, database }: Filled, dir: string, gzip: boolean): Promise<BackupInfo> {
  const source = await openDumpSource(url, { database });
  try {
    return await createBackup({ source, dir, format: "archive", gzip, now: () => new Date() });
  } finally {
    await source.close();
  }
}

type Work = (filled: Filled, dir: string) => Promise<void>;
const ENGINES = [
  { name: "sqlite", skip: undefined, run: (work: Work) => inFolder(async (dir) => work(await filledFile(dir), dir)) },
  {
    name: "mongo",
    skip: mongoSkip,
    run: (work: Work) => inFolder((dir) => withDatabase((filled) => work(filled, dir))),
  },
];

for (const { name, skip, run } of ENGINES) {
  describe.skipIf(skip !== undefined)(`an archive as mongodump writes it, from ${name}`, () => {
    for (const gzip of [false, true]) {
      it(`is read by an independent reader, CRCs and ends in place${gzip ? ", packed" : ""}`, () =>
        run(async (filled, dir) => {
          const { path, database, metadata } = await archived(filled, dir, gzip);
          const folder = join(path, database);
          const file = `${database}.archive${gzip ? ".gz" : ""}`;
          expect(readdirSync(folder)).toEqual([file]);
          const { header, collections } = readArchive(readFileSync(join(folder, file)));
          expect(header).toEqual({
            concurrent_collections: 1,
            version: "0.1",
            server_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
            tool_version: "madsci-events 0.1.0",
          });
          const counts = [...collections].map(([collection, { documents }]) => [collection, documents.length]);
          expect(Object.fromEntries(counts)).toEqual(metadata.documents);
          const { metadata: described, documents } = collections.get("events") ?? { metadata: {}, documents: [] };
          expect(described).toMatchObject({ collectionName: "events", type: "collection" });
          expect(documents.map(({ _id }) => _id).sort()).toEqual(filled.ids);
        }));
    }
  });
}
