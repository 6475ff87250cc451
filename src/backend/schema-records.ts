/**
 * What a database says of its own version, and how it is brought to another. The contract between engines and schema/.
 *
 * A version record is a row of `schema_versions`, a collection (or table) that MADSci's programs read too: what was
 * applied last is what the database is. The first three fields are theirs; numbered migrations add the others.
 */
import schema from "../../schema/schema.json" with { type: "json" };
import type { ZoneReader } from "../event/zone.ts";
import type { LeaseRecords } from "./lease.ts";

/** @since 0.1.0 */
export interface VersionRecord {
  /** Semantic version; as it stands there, also where it is none. */
  readonly version: string;
  readonly applied_at: Date;
  readonly migration_notes: string | null;
  /** Of a migration, like everything below. */
  readonly name?: string | undefined;
  readonly checksum?: string | undefined;
  /** Programs that do not know the migration must not touch the database any more. */
  readonly breaking?: boolean | undefined;
  readonly duration_ms?: number | undefined;
  readonly host?: string | undefined;
}

/** @since 0.1.0 */
export interface SchemaFacts {
  readonly kind: "sqlite" | "mongo";
  readonly database: string;
  /** The URL without credentials and options; goes into commands people copy. */
  readonly place: string;
  /** Names of the collections or tables, without what only tracks versions. */
  readonly collections: readonly string[];
  /** Applied last first. */
  readonly versions: readonly VersionRecord[];
}

/**
 * Whether a database may be opened. What it returns is written before anything else: all records of a new database, and
 * those of migrations that a file needs nothing done for.
 * @throws EventStoreError `EVT_SCHEMA_MISMATCH`
 */
export type Admit = (facts: SchemaFacts) => readonly VersionRecord[];

/** The schema version MADSci's server expects, which is ours too. */
export const SCHEMA_VERSION: string = schema.schema_version;

/** Nobody decides: a new database is told its version, any other is taken as it is. */
export function admitAny(now: () => Date): Admit {
  return ({ collections, versions }) =>
    collections.length + versions.length > 0 ? [] : [baseRecord(SCHEMA_VERSION, now())];
}

/** What MADSci's server writes into a new database. */
export function baseRecord(version: string, applied_at: Date): VersionRecord {
  return { version, applied_at, migration_notes: `Auto-initialized schema version ${version}` };
}

/** One index in the words of MADSci's schema files, and two of ours. */
export interface IndexPlan {
  readonly name: string;
  readonly keys: readonly (readonly [field: string, order: 1 | -1])[];
  readonly unique?: boolean | undefined;
  readonly sparse?: boolean | undefined;
  /** What is slow without it. */
  readonly serves?: string | undefined;
}

/** Indexes by collection. */
export type CollectionPlans = Readonly<Record<string, readonly IndexPlan[]>>;

/** What is not as a schema says. @since 0.1.0 */
export interface SchemaDifference {
  /** A sentence without its end. */
  readonly what: string;
  /** True where `ensure` makes it. */
  readonly missing: boolean;
}

/** How far a step has come; JSON. */
export type StepCursor = { readonly [field: string]: string | number | boolean | null };

/** What a step of a migration works with. */
export interface StepContext {
  readonly zone: ZoneReader;
  /** Documents looked at in one go. */
  readonly batch: number;
  /** Where an earlier run stopped. */
  readonly cursor: StepCursor | undefined;
  /** Durable when it resolves. Rejects when another process has taken over. */
  save(cursor: StepCursor): Promise<void>;
  /** Before each batch. Rejects when another process has taken over, or nobody wants to go on. */
  mayGoOn(): Promise<void>;
  /** After each batch, with the documents looked at in it. */
  done(documents: number): void | Promise<void>;
}

/** All reject as Backend does. */
export interface SchemaRecords {
  readonly kind: "sqlite" | "mongo";
  readonly database: string;
  readonly place: string;
  facts(): Promise<SchemaFacts>;
  /** Writes one record; where its version has one, that is replaced, or stays and the answer is false. */
  record(record: VersionRecord, replace?: boolean): Promise<boolean>;
  /** Removes all of them, and where steps of migrations were: the database is another one now. */
  forget(): Promise<void>;
  /** Removes only where steps of migrations were. */
  forgetSteps(): Promise<void>;
  /** Versioned records for the lease and cursors; undefined where opening took the only right to write (SQLite). */
  readonly state: LeaseRecords | undefined;
  /** By name; what is there beyond the schema is no difference. */
  differences(schema: CollectionPlans): Promise<readonly SchemaDifference[]>;
  /** Makes what is missing; says what it made. What is there stays as it is. */
  ensure(schema: CollectionPlans): Promise<readonly string[]>;
  /** About how many documents a step will change. */
  estimate(step: string): Promise<number>;
  /** @throws TypeError for a step nobody knows */
  run(step: string, context: StepContext): Promise<void>;
  close(): Promise<void>;
}

/** Collections that track versions: a database with no others is new. */
export const VERSIONS = "schema_versions";
export const STATE = "schema_state";
