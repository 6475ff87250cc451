/** The engines a backup is restored into. */
import { join } from "node:path";
import { BSON } from "mongodb";
import type { DumpTarget } from "../../src/backend/dump-contract.ts";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { type OpenDumpTargetOptions, openDumpTarget } from "../../src/backend/open-dump-target.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { inFolder } from "./filled.ts";

export interface Place {
  readonly kind: "sqlite" | "mongo";
  readonly url: string;
  readonly database: string;
  /** For files of the test. */
  readonly folder: string;
  open(options?: OpenDumpTargetOptions): Promise<DumpTarget>;
}

type Work = (place: Place) => Promise<unknown>;

export const TARGETS: readonly { readonly name: string; readonly skip: boolean; within(work: Work): Promise<void> }[] =
  [
    {
      name: "an SQLite file",
      skip: false,
      within: (work) => inFolder(async (folder) => void (await work(file(folder)))),
    },
    {
      name: "MongoDB",
      skip: mongoSkip !== undefined,
      within: (work) =>
        inFolder(async (folder) => {
          const place = server(folder);
          try {
            await work(place);
          } finally {
            await dropDatabase(place.database);
          }
        }),
    },
  ];

function file(folder: string): Place {
  const url = `sqlite:${join(folder, "target.db")}`;
  return { kind: "sqlite", url, database: "target", folder, open: opening(url, "target") };
}

function server(folder: string): Place {
  const [url, database] = [String(mongoUrl), newDatabase()];
  return { kind: "mongo", url, database, folder, open: opening(url, database) };
}

function opening(url: string, database: string): Place["open"] {
  return (options) => openDumpTarget(url, { database, leaseMs: 600, naiveTimezone: "UTC", ...options });
}

/** What rests there, by collection, by the text of the id. */
export async function restingIn({ url, database }: Place): Promise<Record<string, Record<string, unknown>>> {
  const source = await openDumpSource(url, { database });
  try {
    // A collection may be called __proto__.
    const found = new Map<string, Record<string, unknown>>();
    for (const { collectionName } of await source.collections()) {
      const documents: Record<string, unknown> = {};
      for await (const batch of source.documents(collectionName)) {
        for (const bytes of batch) {
          const document = BSON.deserialize(bytes);
          documents[String(document._id)] = document;
        }
      }
      found.set(collectionName, documents);
    }
    return Object.fromEntries(found);
  } finally {
    await source.close();
  }
}
