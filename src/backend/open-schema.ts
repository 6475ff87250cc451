/** A URL → the database as migrations see it. Each engine is loaded only when its URL is opened. */
import type { ZoneReader } from "../event/zone.ts";
import { engineOf } from "./open.ts";
import type { SchemaRecords } from "./schema-records.ts";

/** @since 0.1.0 */
export interface OpenSchemaOptions {
  /** True where nothing will be changed: nothing is locked or made. */
  readonly readOnly: boolean;
  readonly zone: ZoneReader;
  readonly warn: (message: string) => void;
  readonly database?: string | undefined;
  /** MongoDB only. @default "events" */
  readonly collection?: string | undefined;
  /** SQLite only: longest wait for another writer to leave, in ms. @default 0 */
  readonly waitMs?: number | undefined;
}

/** @throws EventStoreError as `openBackend` */
export async function openSchemaRecords(url: string, options: OpenSchemaOptions): Promise<SchemaRecords> {
  const engine = engineOf(url);
  if (engine.kind === "sqlite") {
    const { openSqliteSchema } = await import("./sqlite/schema-records.ts");
    return openSqliteSchema(engine.path, options);
  }
  const { openMongoSchema } = await import("./mongo/schema-records.ts");
  return openMongoSchema(url, options);
}
