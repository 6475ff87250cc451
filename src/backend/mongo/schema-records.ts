/** MongoSchemaRecords: a MongoDB database as migrations see it, see ../schema-records.ts. */
import type { Collection, CreateIndexesOptions, IndexDescriptionInfo } from "mongodb";
import type { ZoneReader } from "../../event/zone.ts";
import type {
  CollectionPlans,
  IndexPlan,
  SchemaDifference,
  SchemaFacts,
  SchemaRecords,
  StepContext,
  VersionRecord,
} from "../schema-records.ts";
import type { EventDocument } from "./document.ts";
import { connect } from "./driver.ts";
import { prepareDatabase } from "./indexes.ts";
import { Notes } from "./notes.ts";
import { OddTimes } from "./odd-times.ts";
import type { Room } from "./room.ts";
import { readFacts, removeCursors, removeVersion, removeVersions, writeVersions } from "./schema.ts";
import { MongoState } from "./schema-state.ts";
import { STEPS } from "./schema-steps.ts";

export interface MongoSchemaOptions {
  readonly database?: string | undefined;
  readonly collection?: string | undefined;
  readonly zone: ZoneReader;
  readonly warn: (message: string) => void;
  readonly timeoutMs?: number | undefined;
}

const EXISTS = 48;

/** @throws EventStoreError as `openMongo` */
export async function openMongoSchema(url: string, options: MongoSchemaOptions): Promise<SchemaRecords> {
  const { database, collection = "events", zone, warn, timeoutMs = 4_000 } = options;
  const connection = await connect(url, { database, timeoutMs });
  const writeConcern = { w: "majority", wtimeoutMS: 10_000 } as const;
  const events = connection.db.collection<EventDocument>(collection, { writeConcern });
  return new MongoSchemaRecords({ connection, events, zone, notes: new Notes(warn), oddTimes: new OddTimes() });
}

class MongoSchemaRecords implements SchemaRecords {
  readonly kind = "mongo";
  readonly database: string;
  readonly place: string;
  readonly state: MongoState;
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
    this.database = room.connection.db.databaseName;
    this.place = room.connection.place;
    this.state = new MongoState(room.connection);
  }

  facts(): Promise<SchemaFacts> {
    return readFacts(this.#room.connection);
  }

  async record(record: VersionRecord, replace = false): Promise<boolean> {
    if (replace) await removeVersion(this.#room.connection, record.version);
    return (await writeVersions(this.#room.connection, [record])) === 1;
  }

  forget(): Promise<void> {
    return removeVersions(this.#room.connection);
  }

  forgetSteps(): Promise<void> {
    return removeCursors(this.#room.connection);
  }

  async differences(schema: CollectionPlans): Promise<readonly SchemaDifference[]> {
    const there = new Set(await this.#names());
    const found = await Promise.all(
      Object.entries(schema).map(async ([name, plans]) => {
        if (!there.has(name)) return [{ what: `the collection ${name} is missing`, missing: true }];
        const indexes = await this.#indexes(name);
        return plans.flatMap((plan) => this.#difference(name, plan, indexes));
      }),
    );
    return found.flat();
  }

  async ensure(schema: CollectionPlans): Promise<readonly string[]> {
    const made: string[] = [];
    const { connection } = this.#room;
    const there = new Set(await this.#names());
    for (const [name, plans] of Object.entries(schema)) {
      if (!there.has(name) && (await this.#create(name))) made.push(`collection ${name}`);
      const indexes = await this.#indexes(name);
      for (const plan of plans.filter((one) => this.#isWanted(one) && !indexes.has(one.name))) {
        await connection.call(`make the index ${plan.name}`, () =>
          connection.db.collection(name).createIndex(Object.fromEntries(plan.keys), optionsOf(plan)),
        );
        made.push(`index ${plan.name} of ${name}`);
      }
    }
    return made;
  }

  async estimate(step: string): Promise<number> {
    return (await STEPS[step]?.estimate(this.#room)) ?? 0;
  }

  async run(step: string, context: StepContext): Promise<void> {
    const { connection, events, notes } = this.#room;
    if (step === "indexes") return prepareDatabase(connection, events, notes);
    const known = STEPS[step];
    if (!known) throw new TypeError(`there is no step ${step}`);
    await known.run(this.#room, context);
  }

  close(): Promise<void> {
    return this.#room.connection.close();
  }

  async #names(): Promise<string[]> {
    const { connection } = this.#room;
    const list = () => connection.db.listCollections({}, { nameOnly: true }).toArray();
    return (await connection.call("list its collections", list)).map(({ name }) => name);
  }

  async #create(name: string): Promise<boolean> {
    const { connection } = this.#room;
    return connection.call(`make the collection ${name}`, async () => {
      try {
        await connection.db.createCollection(name);
        return true;
      } catch (error) {
        if ((error as { code?: unknown }).code === EXISTS) return false;
        throw error;
      }
    });
  }

  async #indexes(name: string): Promise<ReadonlyMap<string, IndexDescriptionInfo>> {
    const collection: Collection = this.#room.connection.db.collection(name);
    const indexes = await this.#room.connection.call("list its indexes", () => collection.indexes());
    return new Map(indexes.map((index) => [String(index.name), index]));
  }

  #difference(
    name: string,
    plan: IndexPlan,
    indexes: ReadonlyMap<string, IndexDescriptionInfo>,
  ): readonly SchemaDifference[] {
    const index = indexes.get(plan.name);
    const what = `the index ${plan.name} of ${name}`;
    if (!index) return this.#isWanted(plan) ? [{ what: `${what} is missing`, missing: true }] : [];
    const keys = JSON.stringify(Object.entries(index.key));
    if (keys !== JSON.stringify(plan.keys)) return [{ what: `${what} has other keys`, missing: false }];
    if ((index.unique === true) === (plan.unique === true)) return [];
    return [{ what: `${what} is ${index.unique ? "" : "not "}unique`, missing: false }];
  }

  /** A server that reads no indexes only needs those that refuse something. */
  #isWanted({ unique }: IndexPlan): boolean {
    return unique === true || this.#room.connection.readsIndexes;
  }
}

function optionsOf({ name, unique, sparse }: IndexPlan): CreateIndexesOptions {
  return { name, ...(unique ? { unique } : {}), ...(sparse ? { sparse } : {}) };
}
