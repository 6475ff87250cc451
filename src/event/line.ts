/**
 * Log line → event: what a line of pino (or any JSON logger, or plain text) means as an event.
 *
 * Known keys are lifted to the field they name (line-lift.ts), everything else goes into `event_data` unchanged; nothing
 * a line holds is lost. A key whose value does not fit its field (a `node_id` that is no ULID, a `time` that is no time)
 * stays in `event_data`. Where a line has both `msg` and its own `message` (or `err` and `error`), both stay as they are.
 *
 * Pure and total: any text and any value becomes an event. Not here: ids (the shipper fixes them), size limits.
 */
import type { EventInput, Source } from "./event.ts";
import { formatInstant, instantOf } from "./instant.ts";
import { stringifyJson } from "./json.ts";
import type { LogLevel } from "./levels.ts";
import { define, type Edit, type Fields, finish, newDraft } from "./line-draft.ts";
import { readLine } from "./line-json.ts";
import { levelTable } from "./line-level.ts";
import { liftHead, liftsOf } from "./line-lift.ts";
import { plain } from "./line-value.ts";

export { LEVEL_LABELS } from "./line-level.ts";

/** @since 0.1.0 */
export interface LineOptions {
  /** Ids every event carries; those of a line win. @default {} */
  readonly source?: Source;
  /** Further binding names and the source field each stands for, such as `{ nodeId: "node_id" }`. @default {} */
  readonly sourceKeys?: Readonly<Record<string, keyof Source>>;
  /** Level numbers or labels of the logger's own, such as `{ 35: 20, notice: 20 }`. @default {} */
  readonly levelMap?: Readonly<Record<string, LogLevel>>;
  /** Key of the message, pino's `messageKey`. @default "msg" */
  readonly messageKey?: string;
  /** Key of the error, pino's `errorKey`. @default "err" */
  readonly errorKey?: string;
  /** Time of a line that has none. @default () => new Date() */
  readonly now?: () => Date;
}

/**
 * The event a log line stands for; never throws. Text that is no JSON object becomes an event of type `log`.
 * @since 0.1.0
 */
export function lineToEvent(line: unknown, options: LineOptions = {}): EventInput {
  return lineMapper(options)(line);
}

/** {@link lineToEvent} with its options worked out once. @since 0.1.0 */
function lineMapper(options: LineOptions = {}): (line: unknown) => EventInput {
  const now = options.now ?? (() => new Date());
  const mapper = fieldsMapper(options, { time: () => formatInstant(instantOf(now())) });
  return (line) => {
    const fields = typeof line === "string" ? readLine(line)?.fields : fieldsOf(line);
    return fields === undefined ? mapper.text(textOf(line)) : mapper.fields(fields);
  };
}

/** Maps lines that have been read already; `id` is for those that bring none. */
export interface FieldsMapper {
  fields(fields: Fields, id?: string): EventInput;
  /** A line that is no JSON object. */
  text(message: string, id?: string): EventInput;
}

/** What a {@link FieldsMapper} needs beyond the options. */
export interface FieldsHooks {
  /** Time of a line that has none, by its id. */
  readonly time: (id: string | undefined) => string;
  /** The last word before the draft becomes an event. */
  readonly edit?: Edit;
}

const NO_FIELDS: Fields = Object.freeze({});

export function fieldsMapper(options: LineOptions, { time, edit }: FieldsHooks): FieldsMapper {
  const { sourceKeys = {}, messageKey = "msg", errorKey = "err" } = options;
  const source = Object.keys(options.source ?? {}).length === 0 ? undefined : options.source;
  const liftOptions = { sourceKeys, levels: levelTable(options.levelMap), messageKey, errorKey };
  const lifts = liftsOf(liftOptions);
  return {
    fields(fields, id) {
      const draft = newDraft();
      liftHead(draft, fields, liftOptions);
      for (const key of Object.keys(fields)) {
        const value = fields[key];
        if (lifts.get(key)?.(draft, value, fields) !== true) define(draft.data, key, value);
      }
      edit?.(draft, fields);
      return finish(draft, { id, source, time });
    },
    text(message, id) {
      const draft = newDraft();
      draft.data.message = message;
      edit?.(draft, NO_FIELDS);
      return finish(draft, { id, source, time });
    },
  };
}

function fieldsOf(line: unknown): Fields | undefined {
  try {
    const value = plain(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return String(typeof value);
  return stringifyJson(plain(value));
}
