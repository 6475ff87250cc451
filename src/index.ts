/** The library: a store of events, the event itself, selectors. Loads no driver and no server. */
export { ERROR_CODES, EventStoreError, type EventStoreErrorCode, type FieldIssue } from "./errors.ts";
export type { Event, EventInput, Source, StoredEvent } from "./event/event.ts";
export { EVENT_TYPES } from "./event/event-types.ts";
export { newId } from "./event/id.ts";
export type { Json } from "./event/json.ts";
export { LEVEL, type LogLevel, levelName } from "./event/levels.ts";
export type { EventLimits } from "./event/limits.ts";
export { createEvent, type ParseOptions, parseEvent } from "./event/parse.ts";
export type { SelectorLimits, SelectorOptions } from "./event/selector/limits.ts";
export { matches } from "./event/selector/matches.ts";
export { parseSelector } from "./event/selector/parse.ts";
export type { ParsedSelector, Selector } from "./event/selector/selector.ts";
export type { AppendResult } from "./store/append-result.ts";
export type { EventCursor } from "./store/find.ts";
export type { EventStoreOptions } from "./store/options.ts";
export type { ArchiveOptions, CountOptions, FindOptions, TimeInput } from "./store/query.ts";
export { EventStore, type SearchPlan, type StoreStats } from "./store/store.ts";
