/**
 * The section `alerting` as it may be shown: what may be a secret is replaced, references to secrets (`env:NAME`,
 * `file:PATH`) stay, and of a channel's address only the host is left, because such addresses often are the secret.
 *
 * Not here: whether the section is right (src/alert/lint.ts). Odd values are shown as they are, or not at all.
 */

/** What stands where a secret would, set or not. */
export const REDACTED = "***REDACTED***";

/** Compared without case, dashes and underscores. */
const SECRET =
  /^(user|username|userref|pass|password|passwordref|secret|secretref|token|key|routingkey|apikey|urlref)$/;
const REFERENCE = /^(env|file):/;
/** Values of these are all secrets: a webhook's headers carry its token. */
const SECRET_INSIDE = /^headers$/;
const ADDRESS = /^(url|uri|webhook|webhookurl|proxy)$/;
/** A section is a few levels deep; what is deeper is left out. */
const DEEPEST = 20;

/** A copy; a path of a file is shown as it is. */
export function redactedAlerting(value: unknown): unknown {
  return copyOf(value, { depth: 0, isSecret: false });
}

interface Place {
  readonly depth: number;
  readonly isSecret: boolean;
}

function copyOf(value: unknown, place: Place): unknown {
  if (typeof value !== "object" || value === null) return place.isSecret ? hidden(value) : value;
  if (place.depth >= DEEPEST) return null;
  const inner = { ...place, depth: place.depth + 1 };
  if (Array.isArray(value)) return value.map((item) => copyOf(item, inner));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fieldOf(key, item, inner)]));
}

function fieldOf(key: string, value: unknown, place: Place): unknown {
  const name = key.toLowerCase().replaceAll(/[-_]/g, "");
  if (ADDRESS.test(name) && typeof value === "string") return hostOnly(value);
  const isSecret = place.isSecret || SECRET_INSIDE.test(name) || (SECRET.test(name) && typeof value !== "object");
  return copyOf(value, { ...place, isSecret });
}

function hidden(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  return typeof value === "string" && REFERENCE.test(value) ? value : REDACTED;
}

function hostOnly(text: string): string {
  if (REFERENCE.test(text)) return text;
  if (!URL.canParse(text)) return REDACTED;
  const { protocol, host, pathname, search } = new URL(text);
  return pathname.length > 1 || search !== "" ? `${protocol}//${host}/${REDACTED}` : `${protocol}//${host}/`;
}
