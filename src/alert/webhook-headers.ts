/** Headers of a webhook that its configuration adds; ours and those of the connection stay ours. */
import { validateHeaderName, validateHeaderValue } from "node:http";
import { EventStoreError } from "../errors.ts";
import type { WebhookPlan } from "./webhook-body.ts";

const OURS =
  /^(x-madsci-.*|content-type|content-length|content-encoding|transfer-encoding|user-agent|host|connection|keep-alive|proxy-.*|te|trailer|upgrade|expect)$/;
const MAX_HEADERS = 20;
const MAX_VALUE = 4096;

/** Names in lower case. @throws EventStoreError `EVT_INVALID_OPTION`, without the value: it may be a secret. */
export function customHeaders({
  name: channel,
  headers,
}: Pick<WebhookPlan, "name" | "headers">): Record<string, string> {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) throw invalid(`channels.${channel}.headers: at most ${MAX_HEADERS} are allowed`);
  for (const [name, value] of entries) {
    const problem = problemOf(name, value);
    if (problem !== undefined) throw invalid(`channels.${channel}.headers.${JSON.stringify(name)}: ${problem}`);
  }
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

function problemOf(name: string, value: string): string | undefined {
  if (OURS.test(name.toLowerCase())) return "is set by madsci-events and cannot be replaced; remove it";
  try {
    validateHeaderName(name);
  } catch {
    return "is no name of a header";
  }
  try {
    validateHeaderValue(name, value);
  } catch {
    return "must be text without line breaks or control characters";
  }
  return value.length > MAX_VALUE ? `must be at most ${MAX_VALUE} characters long` : undefined;
}

const invalid = (words: string) => new EventStoreError("EVT_INVALID_OPTION", words);
