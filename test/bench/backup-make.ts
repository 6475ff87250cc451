/**
 * Documents per second of a backup, and the most memory it took. Arguments: `backup` or `raw` (the driver's own cursor into a
 * file), URL, database, folder, format, `gzip` or nothing. Prints both.
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { createBackup } from "../../src/backup/create.ts";
import type { BackupFormat } from "../../src/backup/types.ts";

const [how = "", url = "", database = "", dir = "", format = "", packed = ""] = process.argv.slice(2);

async function backUp(): Promise<number> {
  const source = await openDumpSource(url, { database });
  const options = { format: format as BackupFormat, gzip: packed === "gzip", now: () => new Date() };
  const { metadata } = await createBackup({ source, dir, ...options });
  await source.close();
  return metadata.documents?.events ?? 0;
}

async function copyRaw(): Promise<number> {
  const client = await new MongoClient(url).connect();
  const out = createWriteStream(join(dir, "raw.bson"));
  let count = 0;
  for await (const document of client.db(database).collection("events").find({}, { raw: true })) {
    if (!out.write(document)) await once(out, "drain");
    count++;
  }
  out.end();
  await once(out, "finish");
  await client.close();
  return count;
}

const startMs = performance.now();
const count = how === "raw" ? await copyRaw() : await backUp();
const perSecond = count / ((performance.now() - startMs) / 1000);
console.log(JSON.stringify({ perSecond, mostMb: process.resourceUsage().maxRSS / 1024 }));
