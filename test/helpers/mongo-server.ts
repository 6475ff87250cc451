/**
 * Starts the first MongoDB server that is to be had; the order is in test/mongo/README.md.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { MongoMemoryServer } from "mongodb-memory-server";
import { startFerret, type TestServer } from "./ferretdb.ts";

/** The first server that is to be had. Rejects with the reasons when there is none. */
export async function startMongo(): Promise<TestServer> {
  const given = process.env.TEST_MONGODB_URL;
  if (given) return { url: given, name: "TEST_MONGODB_URL", stop: async () => {} };
  const reasons: string[] = [];
  for (const start of [startMongod, () => startFerret()]) {
    try {
      return await start();
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
    }
  }
  throw new Error(`no MongoDB server for the tests: ${reasons.join("; ")}`);
}

async function startMongod(): Promise<TestServer> {
  const download = process.env.MONGOMS_RUNTIME_DOWNLOAD;
  const binary = process.env.MONGOMS_SYSTEM_BINARY ?? onPath("mongod");
  const mayFetch = download !== undefined && !/^(false|0|no|off)$/i.test(download);
  if (binary === undefined && !mayFetch) throw new Error("no mongod on PATH, and MONGOMS_RUNTIME_DOWNLOAD is not set");
  if (!mayFetch) process.env.MONGOMS_RUNTIME_DOWNLOAD = "false";
  const options = binary === undefined ? {} : { binary: { systemBinary: binary, checkMD5: false } };
  const server = await MongoMemoryServer.create(options);
  return { url: server.getUri(), name: "mongod", stop: async () => void (await server.stop()) };
}

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
