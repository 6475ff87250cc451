/** What readers of files hand to an import: events as they stood there, and how far the file has been read with them. */
import type { FileState } from "./file-ids.ts";

/** The kinds of files an import reads. */
export const IMPORT_FORMATS = ["ndjson", "madsci-log", "mongodump"] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export interface ImportItem {
  /** Where it stood, for people: `line 7`, `byte 4096`. */
  readonly place: string;
  /** What the store's parser takes, or an EventStoreError. */
  readonly value: unknown;
  /** Set for an event that was archived there; `at` is when, where that is known. */
  readonly archived?: { readonly at: string | undefined } | undefined;
  /** Fields that no event can have and that were mended. */
  readonly repaired?: readonly string[];
  /** What stood there, for the file of rejects. */
  text(): string;
}

/** How far a file has been read. */
export interface Mark {
  /** Lines (or documents) before it. */
  readonly number: number;
  /** Bytes before it, of what is in a packed file. */
  readonly offset: number;
  /** What the ids of the lines to come depend on. */
  readonly ids?: FileState | undefined;
  /** The last thing read before it, so that a file can be known again. */
  readonly last?: { readonly offset: number; readonly length: number; readonly hash: Buffer } | undefined;
}

export interface ImportStep {
  readonly items: readonly ImportItem[];
  /** Where the reading goes on when these are stored. */
  readonly mark: Mark;
}

export const START: Mark = { number: 0, offset: 0 };
