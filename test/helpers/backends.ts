/**
 * BACKENDS: every engine the shared suites run over.
 *
 * `open` gives an empty backend with a place of its own; closing it removes the place. Naive timestamps are UTC unless
 * the options say otherwise.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Backend, BackendOptions } from "../../src/backend/backend.ts";
import { openBackend } from "../../src/backend/open.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "./mongo.ts";

const THREAD = fileURLToPath(new URL("../../dist/sqlite-writer.js", import.meta.url));

export interface TestBackend {
  readonly name: string;
  open(options?: Partial<BackendOptions>): Promise<Backend>;
  /** Why its tests cannot run here. */
  readonly skip?: string | undefined;
}

export const BACKENDS: readonly TestBackend[] = [
  { name: "sqlite in memory", open: (options) => openBackend("memory:", testOptions(options)) },
  { name: "sqlite file", open: openFile },
  { name: "sqlite file written by a thread", open: openThreaded },
  { name: "mongo", open: openDatabase, skip: mongoSkip },
];

/** Options for a backend under test; warnings are dropped. */
export function testOptions(options: Partial<BackendOptions> = {}): BackendOptions {
  return { zone: zoneReader("UTC"), readOnly: false, warn: () => {}, now: () => new Date(), ...options };
}

function openFile(options?: Partial<BackendOptions>): Promise<Backend> {
  return inFolder((path) => openBackend(`sqlite:${path}`, testOptions(options)));
}

/** The thread's code is a file of the built package. */
function openThreaded(options?: Partial<BackendOptions>): Promise<Backend> {
  return inFolder((path) => openBackend(`sqlite:${path}`, testOptions({ ...options, writerThread: THREAD })));
}

async function inFolder(open: (path: string) => Promise<Backend>): Promise<Backend> {
  const folder = await mkdtemp(join(tmpdir(), "madsci-events-sqlite-"));
  return afterClose(await open(join(folder, "events.db")), () => rm(folder, { recursive: true, force: true }));
}

async function openDatabase(options?: Partial<BackendOptions>): Promise<Backend> {
  const database = options?.database ?? newDatabase();
  const backend = await openBackend(String(mongoUrl), testOptions({ ...options, database }));
  return afterClose(backend, () => (options?.database === undefined ? dropDatabase(database) : Promise.resolve()));
}

/** The same backend, whose first close also cleans up. */
function afterClose(backend: Backend, cleanUp: () => Promise<unknown>): Backend {
  const close = backend.close.bind(backend);
  let closing: Promise<void> | undefined;
  backend.close = () => {
    closing ??= close().then(async () => void (await cleanUp()));
    return closing;
  };
  return backend;
}
