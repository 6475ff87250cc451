/**
 * The steps of one migration, each with a stored cursor, at a share of the server's time.
 *
 * A cursor is a versioned record: who writes it from a version that is no longer the stored one has been overtaken, and
 * stops. A step that has ended says so in its cursor, so that a repeated run goes on with the next one.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { AlertRecord } from "../backend/alert-records.ts";
import type { LeaseRecords } from "../backend/lease.ts";
import type { StepContext, StepCursor } from "../backend/schema-records.ts";
import { EventStoreError } from "../errors.ts";
import type { Held } from "./exclusive.ts";
import type { MigrateOptions } from "./migrate-options.ts";
import { type Migration, versionOf } from "./migrations.ts";
import type { PlannedStep } from "./plan.ts";

const DEFAULT_SHARE = 0.7;
const DEFAULT_BATCH = 500;
/** Longest pause after one batch. */
const MAX_PAUSE_MS = 2_000;

export async function runSteps(
  { migration, documents }: PlannedStep,
  options: MigrateOptions,
  held: Held,
): Promise<void> {
  const { records, onStep } = options;
  const progress = new Progress(`${versionOf(migration)} (${migration.name})`, documents, options);
  for (const step of migration[records.kind]) {
    const cursor = new Cursor(records.state, cursorId(migration, step));
    const known = await cursor.read();
    if (known?.ended === true) continue;
    await onStep?.(`${step} begins`);
    await records.run(step, contextOf({ known, cursor, progress, options, held, step }));
    await cursor.save({ ended: true });
    await onStep?.(`${step} ended`);
  }
}

/** Once the migration is recorded, and before a backup is restored: what is restored may need the steps again. */
export async function forgetSteps(
  { migration }: PlannedStep,
  { records }: Pick<MigrateOptions, "records">,
): Promise<void> {
  for (const step of migration[records.kind]) {
    const cursor = new Cursor(records.state, cursorId(migration, step));
    if ((await cursor.read()) !== undefined) await cursor.save({});
  }
}

function cursorId({ number }: Migration, step: string): string {
  return `cursor:${number}:${step}`;
}

interface Parts {
  readonly known: StepCursor | undefined;
  readonly cursor: Cursor;
  readonly progress: Progress;
  readonly options: MigrateOptions;
  readonly held: Held;
  readonly step: string;
}

function contextOf({ known, cursor, progress, options, held, step }: Parts): StepContext {
  const { zone, onStep, batch = DEFAULT_BATCH } = options;
  return {
    zone,
    batch,
    cursor: known,
    save: async (place) => {
      await onStep?.(`${step} wrote a batch`);
      await cursor.save(place);
      await onStep?.(`${step} stored its cursor`);
    },
    mayGoOn: async () => held.check(),
    done: (count) => progress.done(count),
  };
}

/** Tells how far it is, and leaves the server a share of the time. */
class Progress {
  readonly #migration: string;
  readonly #expected: number;
  readonly #options: MigrateOptions;
  #documents = 0;
  #sinceMs = performance.now();

  constructor(migration: string, expected: number, options: MigrateOptions) {
    this.#migration = migration;
    this.#expected = expected;
    this.#options = options;
  }

  async done(count: number): Promise<void> {
    this.#documents += count;
    const { onProgress, share = DEFAULT_SHARE, signal } = this.#options;
    onProgress?.({ migration: this.#migration, documents: this.#documents, expected: this.#expected });
    const workedMs = performance.now() - this.#sinceMs;
    const restMs = Math.min(MAX_PAUSE_MS, (workedMs * (1 - share)) / share);
    if (restMs >= 1) await pause(restMs, undefined, { signal });
    this.#sinceMs = performance.now();
  }
}

/** Where a step is; nowhere in an engine whose steps are one transaction. */
class Cursor {
  readonly #state: LeaseRecords | undefined;
  readonly #id: string;
  #version = 0;

  constructor(state: LeaseRecords | undefined, id: string) {
    this.#state = state;
    this.#id = id;
  }

  async read(): Promise<StepCursor | undefined> {
    const [record] = (await this.#state?.read("state", [this.#id])) ?? [];
    this.#version = record?.version ?? 0;
    const place = record?.body as StepCursor | undefined;
    return place && Object.keys(place).length > 0 ? place : undefined;
  }

  async save(place: StepCursor): Promise<void> {
    if (!this.#state) return;
    const [written] = await this.#state.write("state", [this.#next(place)]);
    if (written) return void this.#version++;
    const message = "another process has taken over this migration; run it again to see how it ended";
    throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", message);
  }

  #next(body: StepCursor): AlertRecord {
    return { _id: this.#id, version: this.#version + 1, state: "cursor", dueMs: null, updatedMs: Date.now(), body };
  }
}
