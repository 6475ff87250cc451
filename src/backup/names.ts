/**
 * Names of backups and of what lies in them.
 *
 *   <dir>/<database>_backup_YYYYMMDD_HHMMSS_ffffff[_<label>]/     a backup; local time, microseconds
 *   <dir>/.<name>.partial/                                        one being written, or being deleted
 */
import { EventStoreError } from "../errors.ts";

const LABEL = /^[A-Za-z0-9_-]{1,64}$/;
/** What MongoDB allows on every system; so it is no way out of a folder either. */
const DATABASE = /^[^/\\. "$*<>:|?\u0000-\u001f\u007f]{1,63}$/;
const STAMP = /^_backup_(\d{8}_\d{6}_\d{6})(?:_.+)?$/s;
/** How long a file's name may be before mongodump shortens it. */
const LONGEST_FILE = 238;

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function checkLabel(label: string | undefined): string | undefined {
  if (label === undefined || LABEL.test(label)) return label;
  const fix = "use 1 to 64 letters, digits, - and _";
  throw new EventStoreError("EVT_INVALID_OPTION", `label: ${JSON.stringify(label)} is no label of a backup; ${fix}`);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function checkDatabase(database: string): string {
  if (DATABASE.test(database)) return database;
  const message = `database: ${JSON.stringify(database)} cannot be the name of a database; name another`;
  throw new EventStoreError("EVT_INVALID_OPTION", message);
}

/** Local time to the microsecond. A Date has milliseconds: `micros` are those beyond it. */
export interface Moment {
  readonly date: Date;
  readonly micros: number;
}

/** Local time without offset, ISO 8601, microseconds. */
export function momentText({ date, micros }: Moment): string {
  const day = `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1)}-${digits(date.getDate())}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part)).join(":");
  return `${day}T${time}.${digits(date.getMilliseconds(), 3)}${digits(micros, 3)}`;
}

export function backupName(database: string, moment: Moment, label: string | undefined): string {
  const stamp = momentText(moment).replaceAll(/[-:]/g, "").replace(/[T.]/g, "_");
  return `${database}_backup_${stamp}${label === undefined ? "" : `_${label}`}`;
}

/** True for the name of a backup of this database, whoever made it. */
export function isBackupName(name: string, database: string): boolean {
  return name.startsWith(`${database}_`) && STAMP.test(name.slice(database.length));
}

export function partialName(name: string): string {
  return `.${name}.partial`;
}

/** True for one of this database that is being written or deleted, or was when its process died. */
export function isPartialName(name: string, database: string): boolean {
  return name.startsWith(".") && name.endsWith(".partial") && isBackupName(name.slice(1, -".partial".length), database);
}

/**
 * A collection's name as mongodump writes it in names of files: as a segment of a URL's path, long ones cut off and told
 * apart by a hash. `+` and `:` are escaped too: older tools read `+` as a space, and Windows has no `:` in names.
 */
export function collectionFile(collection: string, hash: (text: string) => string): string {
  const escaped = encodeURIComponent(collection.toWellFormed())
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(?:24|26|3D|40)/g, decodeURIComponent);
  return escaped.length > LONGEST_FILE ? `${escaped.slice(0, 208)}%24${hash(collection)}` : escaped;
}

function digits(value: number, length = 2): string {
  return String(value).padStart(length, "0");
}
