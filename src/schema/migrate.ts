/**
 * Migrate: brings a database to the version of a schema. One process at a time, and safe to kill anywhere.
 *
 *   lease → plan again → backup, verified → collections and indexes → each migration: its steps, then its record
 *         → the schema's own version → lease let go
 *
 * A migration is applied when its record is there. Steps go on where they stopped, so a run that died is simply
 * repeated. What fails is put right from the backup (recover.ts), and the error is the caller's.
 */
import { hostname } from "node:os";
import { freshRecords } from "./admit.ts";
import { exclusively, type Held, WHOLE } from "./exclusive.ts";
import type { MigrateOptions } from "./migrate-options.ts";
import { recordOf } from "./migrations.ts";
import { type MigrationPlan, type PlannedStep, planMigration, wantedOf } from "./plan.ts";
import { makeBackup, recover } from "./recover.ts";
import { forgetSteps, runSteps } from "./steps.ts";

/** @since 0.1.0 */
export interface MigrateReport {
  readonly before: string | null;
  readonly after: string;
  /** Versions recorded by this call. */
  readonly applied: readonly string[];
  /** Collections and indexes made. */
  readonly made: readonly string[];
  /** Path of the backup; null where there was nothing to keep or nothing to do. */
  readonly backup: string | null;
}

/**
 * Resolves at once where nothing is to be done.
 * @throws EventStoreError as `planMigration`, and what the backup or a step failed with
 * @since 0.1.0
 */
export async function migrate(options: MigrateOptions): Promise<MigrateReport> {
  const plan = await planMigration(options.records, options);
  if (!plan.needed) return nothingDone(plan);
  const { state } = options.records;
  return exclusively({ ...options, state, name: WHOLE }, (held) => apply(options, held));
}

function nothingDone({ current, target }: MigrationPlan): MigrateReport {
  return { before: current, after: target, applied: [], made: [], backup: null };
}

/** Under the lease: another process may have done it meanwhile. */
async function apply(options: MigrateOptions, held: Held): Promise<MigrateReport> {
  const { records, onStep } = options;
  await onStep?.("leading");
  const plan = await planMigration(records, options);
  if (!plan.needed) return nothingDone(plan);
  const backup = plan.fresh || !options.backup ? null : await makeBackup(options.backup, options);
  await onStep?.("backed up");
  held.check();
  try {
    const done = plan.fresh ? await initialise(options) : await change(options, plan, held);
    return { before: plan.current, after: plan.target, ...done, backup };
  } catch (error) {
    const wasOnline = plan.steps.every(({ migration }) => migration.online);
    // Whoever was interrupted goes on where it was.
    if (backup !== null && options.backup && !held.lost && !options.signal?.aborted) {
      if (!wasOnline) await Promise.all(plan.steps.map((step) => forgetSteps(step, options))).catch(() => {});
      await recover(options.backup, { warn: options.warn, path: backup, wasOnline, records });
    }
    throw error;
  }
}

type Done = Pick<MigrateReport, "applied" | "made">;

/** A database nobody has used: all there is to do is to say so. */
async function initialise(options: MigrateOptions): Promise<Done> {
  const { records, schema, now } = options;
  const applied: string[] = [];
  const wanted = wantedOf(options);
  for (const record of freshRecords(wanted, { at: now(), durationMs: 0, host: hostname() })) {
    if (await records.record(record)) applied.push(record.version);
    await options.onStep?.(`recorded ${record.version}`);
  }
  return { applied, made: await records.ensure(schema.collections) };
}

async function change(options: MigrateOptions, plan: MigrationPlan, held: Held): Promise<Done> {
  const { records, schema, onStep } = options;
  const made = await records.ensure(schema.collections);
  await onStep?.("made collections");
  const applied: string[] = [];
  for (const step of plan.steps) applied.push(...(await applyOne(options, step, held)));
  held.check();
  if (plan.recordsBase) applied.push(...(await recordBase(options, plan)));
  return { applied, made };
}

async function applyOne(options: MigrateOptions, step: PlannedStep, held: Held): Promise<string[]> {
  const { records, now, onStep } = options;
  const startedMs = performance.now();
  await runSteps(step, options, held);
  held.check();
  await onStep?.(`applied ${step.migration.number}`);
  const durationMs = Math.round(performance.now() - startedMs);
  const record = recordOf(step.migration, { at: now(), durationMs, host: hostname() });
  const isOurs = await records.record(record);
  await onStep?.(`recorded ${step.migration.number}`);
  await forgetSteps(step, options);
  return isOurs ? [record.version] : [];
}

async function recordBase(options: MigrateOptions, { current }: MigrationPlan): Promise<string[]> {
  const { records, schema, onStep } = options;
  const from = current === null || current === "0.0.0" ? "unversioned" : current;
  const notes = `Schema migration from ${from} to ${schema.version}`;
  const record = { version: schema.version, applied_at: await afterAll(options), migration_notes: notes };
  await records.record(record, true);
  await onStep?.("recorded the schema's version");
  return [schema.version];
}

/** The version applied last is what counts: a record from a clock that was ahead must not count for ever. */
async function afterAll({ records, now }: MigrateOptions): Promise<Date> {
  const [latest] = (await records.facts()).versions;
  return new Date(Math.max(now().getTime(), (latest?.applied_at.getTime() ?? 0) + 1));
}
