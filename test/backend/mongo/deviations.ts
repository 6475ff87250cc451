/**
 * Where FerretDB 1.x is known to differ from MongoDB, by name. deviations.test.ts holds each against the running server,
 * so that a row that no longer holds is noticed. The backend's answers are right on both, unless a row says otherwise.
 */
import type { Collection } from "mongodb";

type Docs = Collection<{ _id: string | number } & Record<string, unknown>>;

export interface Deviation {
  readonly name: string;
  /** What the backend does about it. */
  readonly remedy: string;
  /** Resolves to true where the server behaves as named. */
  holds(docs: Docs): Promise<boolean>;
}

async function code(run: () => Promise<unknown>): Promise<unknown> {
  return run().then(
    () => "no error",
    (error: { code?: unknown; name: string }) => error.code ?? error.name,
  );
}

export const DEVIATIONS: readonly Deviation[] = [
  {
    name: "refuses keys that start with $ (code 2)",
    remedy: "the payload rests as text",
    holds: async (docs) => (await code(() => docs.insertOne({ _id: 1, data: { $a: 1 } }))) === 2,
  },
  {
    name: "refuses keys with a dot (code 2)",
    remedy: "the payload rests as text",
    holds: async (docs) => (await code(() => docs.insertOne({ _id: 2, data: { "a.b": 1 } }))) === 2,
  },
  {
    name: "refuses arrays directly inside arrays (code 2)",
    remedy: "the payload rests as text",
    holds: async (docs) => (await code(() => docs.insertOne({ _id: 3, data: [[1]] }))) === 2,
  },
  {
    name: "drops the connection over NaN",
    remedy: "no event of ours holds one",
    holds: async (docs) => (await code(() => docs.insertOne({ _id: 4, data: Number.NaN }))) === "MongoNetworkError",
  },
  {
    name: "knows no conditions on fields inside $elemMatch",
    remedy: "the condition is left to the matcher",
    holds: async (docs) => {
      await docs.insertOne({ _id: 5, list: [{ v: 2 }] });
      return (await docs.findOne({ list: { $elemMatch: { v: { $gt: 1 } } } })) === null;
    },
  },
  {
    name: "knows no $ne, $nin, $not and $and inside $elemMatch (code 238)",
    remedy: "the condition is left to the matcher",
    holds: async (docs) => (await code(() => docs.findOne({ list: { $elemMatch: { $ne: 1 } } }))) === 238,
  },
  {
    name: "takes a path through an array without objects for a missing value",
    remedy: "negations are left to the matcher",
    holds: async (docs) => {
      await docs.insertOne({ _id: 6, path: { a: { b: [] } } });
      return (await docs.findOne({ _id: 6, "path.a.b.c": { $ne: null } })) === null;
    },
  },
  {
    name: "does not look into arrays for $mod",
    remedy: "the condition is left to the matcher",
    holds: async (docs) => {
      await docs.insertOne({ _id: 7, numbers: [4] });
      return (await docs.findOne({ _id: 7, numbers: { $mod: [2, 0] } })) === null;
    },
  },
  {
    name: "makes no partial indexes (code 238)",
    remedy: "none is asked for",
    holds: async (docs) => {
      const partialFilterExpression = { a: { $gt: 1 } };
      return (await code(() => docs.createIndex({ a: 1 }, { partialFilterExpression }))) === 238;
    },
  },
  {
    name: "lets two concurrent updates of one document both count it",
    remedy:
      "alert records change in turns (turns.ts); archive() called twice at once may count an event twice, on MongoDB it does not",
    holds: async (docs) => {
      const ids = Array.from({ length: 30 }, (_, i) => 100 + i);
      await docs.insertMany(ids.map((_id) => ({ _id, done: false })));
      const update = () => docs.updateMany({ _id: { $in: ids }, done: false }, { $set: { done: true } });
      const results = await Promise.all([update(), update(), update(), update()]);
      return results.reduce((sum, { modifiedCount }) => sum + modifiedCount, 0) >= ids.length;
    },
  },
];
