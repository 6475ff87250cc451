/** What must be true of a database after a fault: every acknowledged event is there, once and whole. */
import { expect } from "vitest";
import { Connection } from "../../src/backend/sqlite/connection.ts";
import { rawClient } from "../helpers/mongo.ts";
import { TEXT } from "./load.ts";

/** How many of the acknowledged are missing, whatever stands there twice, and events that are not whole. */
interface Damage {
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  readonly broken: readonly string[];
}

const NONE: Damage = { missing: [], twice: [], broken: [] };

interface Row {
  readonly id: string;
  readonly text: unknown;
}

/** Reads the file itself, besides whatever server has it open. */
export async function expectFileWhole(path: string, acknowledged: ReadonlySet<string>): Promise<void> {
  const connection = await Connection.open(path);
  try {
    connection.exec("pragma query_only = on");
    expect(connection.all("pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
    const rows = connection.all<Row>("select id, data ->> '$.text' as text from events");
    expect(damageOf(rows, acknowledged)).toEqual(NONE);
  } finally {
    connection.close();
  }
}

/** Reads the collection through the plain driver. */
export async function expectCollectionWhole(
  place: { readonly url: string | undefined; readonly database: string },
  acknowledged: ReadonlySet<string>,
): Promise<void> {
  const client = await rawClient(place.url);
  try {
    const events = client.db(place.database).collection("events");
    const documents = await events.find({}, { projection: { "event_data.text": 1 } }).toArray();
    const rows = documents.map(({ _id, event_data }) => ({ id: String(_id), text: event_data?.text }));
    expect(damageOf(rows, acknowledged)).toEqual(NONE);
  } finally {
    await client.close();
  }
}

function damageOf(rows: readonly Row[], acknowledged: ReadonlySet<string>): Damage {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const { id } of rows) {
    if (seen.has(id)) twice.push(id);
    seen.add(id);
  }
  const missing = [...acknowledged].filter((id) => !seen.has(id));
  const broken = rows.filter(({ text }) => text !== TEXT).map(({ id }) => id);
  return { missing: missing.slice(0, 5), twice: twice.slice(0, 5), broken: broken.slice(0, 5) };
}
