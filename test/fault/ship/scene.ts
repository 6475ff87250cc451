/** A scene: a real server on an SQLite file, optionally one in front that misbehaves, and a folder for spools. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Served, serve } from "../server.ts";
import { drain, folderOf } from "./app.ts";
import { FaultServer } from "./fault-server.ts";
import { type Emitted, expectWhole, storedIn } from "./oracle.ts";

/** Tries again soon, so that a test need not wait for patience. */
const HASTE = { retry: { minMs: 50, maxMs: 200 }, batch: { maxWaitMs: 20 } };

export interface Scene {
  readonly served: Served;
  readonly fault: FaultServer;
  readonly database: string;
  readonly spool: string;
  /** Of a transport that speaks to the server in front. */
  readonly options: {
    readonly url: string;
    readonly spool: { readonly dir: string };
    readonly [option: string]: unknown;
  };
  /** The next start of the application, and then the books: every line of each run is there. */
  expectAll(emitted: Emitted, more?: { readonly beyond?: boolean; readonly deadLetters?: string }): Promise<void>;
}

export async function scene(more: object = {}): Promise<Scene> {
  const folder = folderOf("ship");
  const database = `sqlite:${join(folder, "events.db")}`;
  const served = await serving(database);
  const fault = await FaultServer.before(served.url);
  const spool = join(folder, "spool");
  const options = { ...HASTE, ...more, url: fault.url, spool: { dir: spool } };
  const expectAll: Scene["expectAll"] = async (emitted, kept) => {
    await fault.be({ mode: "pass" });
    await drain(options);
    expectWhole({ emitted, stored: await storedIn(database), ...kept });
  };
  return { served, fault, database, spool, options, expectAll };
}

/** A server that ends with the test. */
export async function serving(database: string, port?: number): Promise<Served> {
  const served = await serve(database, port === undefined ? {} : { port });
  onTestFinished(() => void served.child.kill("SIGKILL"));
  return served;
}
