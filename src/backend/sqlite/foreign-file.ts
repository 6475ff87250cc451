/**
 * A file that came from outside: is it one of ours, and can it do no harm?
 *
 * Taken are the tables and indexes of this version, as this version makes them: an index that refuses rows, or a column
 * computed another way, would lose events later. Further tables and plain indexes are left alone. Times and texts are looked at, since one
 * row that cannot be read makes every search fail.
 */
import { EventStoreError } from "../../errors.ts";
import { Connection } from "./connection.ts";
import { checkSchema, ensureSchema } from "./schema.ts";

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

const OBJECTS = "select type, name, tbl_name, sql from sqlite_schema where name not like 'sqlite_%'";
/** Of JavaScript's dates, in µs. */
const LATEST = "8640000000000000000";
const TIME = (column: string) => `typeof(${column}) <> 'integer' or ${column} not between -${LATEST} and ${LATEST}`;
const JSON_TEXT = (column: string) => `typeof(${column}) <> 'text' or not json_valid(${column})`;
const ODD_ROW = `select 1 from events where ${TIME("ts")} or ${TIME("received")} or ${TIME("ifnull(archived, 0)")}
  or ${JSON_TEXT("head")} or ${JSON_TEXT("data")} or json_type(head, '$._id') is not 'text'
  or seq not between 0 and ${Number.MAX_SAFE_INTEGER / 2 - 0.5} limit 1`;

/** Somebody's own, over columns as they are: it refuses nothing and fails at nothing. */
const PLAIN_INDEX = /^create index "?\w+"? on "?\w+"? ?\([\w", ]+\)$/i;
const PLAIN_TABLE = /^create (?:table|index) /i;

/** What stands in a file is called by the name it has outside. @throws EventStoreError `EVT_INVALID_OPTION` */
export async function checkForeign(copy: Connection, file: string): Promise<void> {
  const refuse = (reason: string) => new EventStoreError("EVT_INVALID_OPTION", `${file} ${reason}`);
  copy.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
  if (!checkSchema(copy)) throw refuse("holds no event store");
  const odd = await oddObject(copy);
  if (odd) throw refuse(`holds the ${odd.type} "${odd.name}": it is not ours`);
  const damage = quickCheck(copy);
  if (damage !== undefined) throw refuse(`is damaged: ${damage}`);
  if (copy.get(ODD_ROW) !== undefined) throw refuse("holds a row that is no event");
}

async function oddObject(copy: Connection): Promise<SchemaObject | undefined> {
  const ours = await freshObjects();
  const tables = new Set([...ours.values()].map(({ tbl_name }) => tbl_name));
  return copy.all<SchemaObject>(OBJECTS).find((found) => {
    const known = ours.get(found.name);
    if (known) return !isSame(found, known);
    return !(tables.has(found.tbl_name) ? PLAIN_INDEX : PLAIN_TABLE).test(found.sql ?? "");
  });
}

async function freshObjects(): Promise<ReadonlyMap<string, SchemaObject>> {
  const fresh = await Connection.open(":memory:");
  try {
    ensureSchema(fresh, []);
    return new Map(fresh.all<SchemaObject>(OBJECTS).map((object) => [object.name, object]));
  } finally {
    fresh.close();
  }
}

/** A table of an earlier version may have fewer columns at its end; SQLite writes added ones there, too. */
function isSame(found: SchemaObject, known: SchemaObject): boolean {
  if (found.type !== known.type || found.tbl_name !== known.tbl_name) return false;
  const [its, ours] = [partsOf(found), partsOf(known)];
  return found.type === "table" && found.name === "schema_versions"
    ? its.every((part, at) => part === ours[at])
    : its.join() === ours.join();
}

function partsOf({ sql }: SchemaObject): readonly string[] {
  return (sql ?? "").replace(/\s+/g, " ").replace(/\)$/, "").split(/ ?, ?/);
}

/** What is wrong with the file; undefined for nothing. */
export function quickCheck(connection: Connection): string | undefined {
  const [found] = Object.values(connection.get<Record<string, unknown>>("PRAGMA quick_check(1)") ?? {});
  return found === "ok" ? undefined : String(found);
}
