/** Which index answers: SQLite must use the slices it is given, without sorting. */
import { expect, test } from "vitest";
import { Connection } from "../../../src/backend/sqlite/connection.ts";
import { contains } from "../../../src/backend/sqlite/contains.ts";
import { isSafe } from "../../../src/backend/sqlite/driver.ts";
import { explainPlan, planOf } from "../../../src/backend/sqlite/plan.ts";
import { ensureSchema } from "../../../src/backend/sqlite/schema.ts";
import { orderSql, sliceSql, sliceValues } from "../../../src/backend/sqlite/walk.ts";
import { query, type Wanted } from "./setup.ts";

const NODE = "01JNDE00000000000000000001";

test.each<[string, Wanted, string, number]>([
  ["nothing", {}, "events_ts", 1],
  ["a range of levels", { selector: { log_level: { $gte: 30 } } }, "events_lvl", 3],
  ["types", { selector: { event_type: { $in: ["a", "b"] }, log_level: 20 } }, "events_type", 2],
  ["a node", { selector: { "source.node_id": NODE, event_type: "a" } }, "events_node", 1],
  ["a workflow", { selector: { $and: [{ "source.workflow_id": NODE }] } }, "events_workflow", 1],
  ["ids", { selector: { _id: { $in: ["a", "b"] }, "source.node_id": NODE } }, "events_id", 1],
  ["archiving time", { by: "archived_at", selector: { log_level: 20 } }, "events_archived", 1],
])("a search for %s walks its index in order", async (_name, wanted, index, slices) => {
  const plan = planOf(query(wanted));
  expect(plan?.slices.map((slice) => slice.index)).toEqual(Array.from({ length: slices }, () => index));
  const connection = await Connection.open(":memory:");
  ensureSchema(connection, []);
  for (const order of ["newest", "oldest"] as const) {
    for (const slice of plan?.slices ?? []) {
      if (!plan || !slice.ordered) continue;
      for (const id of ["", "x"]) {
        const stretch = { behind: { instant: 0n, id }, upTo: { instant: 0n, id }, last: false };
        const part = sliceSql(plan, slice, { stretch, order, filtered: true });
        const sql = `explain query plan select seq from ${part} ${orderSql(plan, order)}`;
        const values = [...sliceValues(slice, stretch), ...plan.where.values];
        const details = connection.all<{ detail: string }>(sql, values).map((row) => row.detail);
        const bounds = id === "" ? `${plan.key}[<>]` : `.*,id\\)[<>]`;
        expect(details).toEqual([
          expect.stringMatching(new RegExp(`^SEARCH events USING (COVERING )?INDEX ${index} .*${bounds}`)),
        ]);
      }
    }
  }
  connection.close();
});

test.each([
  [{}, "events_ts", 1, "index"],
  [{ log_level: { $gte: 40 } }, "events_lvl", 2, "index"],
  [{ "source.node_id": NODE, log_level: 20 }, "events_node", 1, "sql"],
  [{ "event_data.n": 1 }, "events_ts", 1, "matcher"],
  [{ nobody: 1 }, null, 0, "index"],
] as const)("tells how it would search for %j", (selector, index, ranges, decided_by) => {
  expect(explainPlan(query({ selector }))).toEqual({ engine: "sqlite", index, ranges, decided_by });
});

test("a search for what no event can have reads nothing", () => {
  expect(planOf(query({ selector: { nobody: 1 } }))).toBeUndefined();
  expect(planOf(query({ selector: { log_level: { $gt: 50 } } }))).toBeUndefined();
  expect(planOf(query({ selector: { event_timestamp: { $gt: "2025-01-02", $lt: "2025-01-01" } } }))).toBeUndefined();
});

test("bounds of the selector and of the query narrow each other", () => {
  const plan = planOf(query({ from: 5n, to: 9n, selector: { event_timestamp: { $gt: { $date: 0 } } } }));
  expect(plan).toMatchObject({ first: 5n, last: 9n, where: { sql: "1" } });
});

test("a text is searched for from a rare letter on, with the pattern's own signs taken literally", () => {
  expect(contains('"temp":').values).toEqual(['*mp":*']);
  expect(contains("*[c]?").values).toEqual(["*[*][[]c][?]*"]);
});

test("a SQLite with the WAL-reset race is not safe", () => {
  expect(["3.51.2", "3.45.1", "3.51.3", "3.53.0", "4.0.0"].map(isSafe)).toEqual([false, false, true, true, true]);
});
