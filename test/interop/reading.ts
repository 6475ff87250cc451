/** What is asked of MADSci's server, and what of its answers both programs must agree on. */
import { expect } from "vitest";
import type { Event } from "../../src/event/event.ts";

export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  expect({ url, status: response.status }).toEqual({ url, status: 200 });
  return response.json();
}

const instantMs = (text: string) => Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);

/** What both programs must agree on; they write the same instant in different notations. */
export function essence(event: Event) {
  const { event_timestamp, source, archived, archived_at, ...rest } = event;
  const known = Object.fromEntries(Object.entries(source).filter(([, id]) => id !== null));
  const { _id, event_type, log_level, alert, event_data, trace_id, span_id } = rest;
  const atMs = instantMs(event_timestamp);
  return {
    _id,
    event_type,
    log_level,
    alert,
    event_data,
    trace_id,
    span_id,
    source: known,
    archived,
    atMs,
    gone: archived_at !== null,
  };
}

export async function post(url: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  expect({ url, status: response.status }).toEqual({ url, status: 200 });
}
