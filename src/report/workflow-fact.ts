/** Facts about workflows: who had it run, how long, and how it ended. Source: MADSci 0.7.1, spec sections 4, 9 and 15.1. */
import { parseTimestamp } from "../event/timestamp.ts";
import type { Fact, WorkflowLength } from "./fact.ts";
import { isFields, LONGEST_SECONDS, type Payload } from "./payload.ts";
import { noise, type Said } from "./said.ts";
import type { Micros } from "./types.ts";

const ERROR_LEVEL = 40;
/** Where a status object may say yes, or its description use the word. */
const WORDS = ["completed", "failed", "cancelled", "running"] as const;

export function workflowStart(said: Said): Fact {
  const { at, form, workcell, experiment, level, payload } = said;
  const { id, name, author } = identify(payload);
  // A server that failed to start one reports it under the same type.
  if (id === null || level >= ERROR_LEVEL) return noise(said);
  const { malformed } = payload;
  return { kind: "workflow_start", id, name, author, at, form, workcell, experiment, malformed };
}

export function workflowEnd(said: Said): Fact {
  const { at, form, workcell, experiment, payload } = said;
  const { id, name, author } = identify(payload);
  if (id === null) return noise(said);
  const status = readStatus(payload);
  const length = readLength(said);
  const { malformed } = payload;
  return { kind: "workflow_end", id, name, author, status, length, at, form, workcell, experiment, malformed };
}

function readLength({ payload, zone }: Said): WorkflowLength {
  const { start_time, end_time, duration_seconds, workflow_duration } = payload.fields;
  return {
    startedAt: readTime(start_time, payload, zone),
    endedAt: readTime(end_time, payload, zone),
    seconds: payload.seconds(duration_seconds),
    roughSeconds: roughly(workflow_duration),
  };
}

function identify(payload: Payload) {
  const { workflow_id, name, workflow_name, author, workflow_author } = payload.fields;
  const { definition_metadata, workflow_definition_metadata } = payload.fields;
  const [meta, older] = [payload.within(definition_metadata), payload.within(workflow_definition_metadata)];
  return {
    id: payload.id(workflow_id),
    name: payload.firstText([name, workflow_name]),
    author: payload.firstText([author, meta.author, older.author, workflow_author]),
  };
}

function readStatus(payload: Payload): string {
  const { status, workflow_status } = payload.fields;
  if (isFields(status)) return fromObject(status);
  return payload.status(status) ?? payload.status(workflow_status) ?? "completed";
}

function fromObject(status: Readonly<Record<string, unknown>>): string {
  const description = typeof status.description === "string" ? status.description.toLowerCase() : "";
  return WORDS.find((word) => Boolean(status[word])) ?? WORDS.find((word) => description.includes(word)) ?? "completed";
}

function readTime(value: unknown, payload: Payload, zone: Said["zone"]): Micros | null {
  const text = payload.text(value);
  if (text === null) return null;
  const time = parseTimestamp(text, zone);
  if (typeof time !== "string") return Number(time.instant);
  payload.spoil();
  return null;
}

/** `12.3s`, as a log line writes it. */
function roughly(value: unknown): number | null {
  const match = typeof value === "string" ? /^(\d+(?:\.\d+)?)\s*s$/.exec(value.trim()) : null;
  const seconds = match ? Number(match[1]) : Number.NaN;
  return seconds <= LONGEST_SECONDS ? seconds : null;
}
