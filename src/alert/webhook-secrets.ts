/**
 * What of a webhook must not be repeated from an answer: chats put their password into the path or the query of the
 * URL, others take it from a header, and a server that answers in anger likes to quote what it got.
 */

/** Shorter parts of a path are words like `hook` or `v1`. */
const SHORTEST_SEGMENT = 6;
/** Shorter ones would tear ordinary words apart. */
const SHORTEST = 4;

export interface WebhookKeys {
  readonly url: URL;
  readonly secret: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Each as it is and as servers decode it, the longest first, so that no part of one is left over. */
export function webhookSecrets({ url, secret, headers }: WebhookKeys): readonly string[] {
  const segments = url.pathname.split("/").filter((segment) => segment.length >= SHORTEST_SEGMENT);
  const values = url.search
    .slice(1)
    .split("&")
    .map((pair) => pair.slice(pair.indexOf("=") + 1));
  const parts = [url.href, url.pathname, url.search, ...segments, ...values];
  const all = [...parts, ...parts.map(decoded), ...Object.values(headers).flatMap(headerParts), secret ?? ""];
  return [...new Set(all)].filter((text) => text.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** `***` wherever `text` repeats one of `secrets`. */
export function masked(text: string, secrets: readonly string[]): string {
  let plain = text;
  for (const secret of secrets) plain = plain.replaceAll(secret, "***");
  return plain;
}

/** The value, what follows its scheme (`Bearer …`), and for `Basic …` the user with the password and the password. */
function headerParts(value: string): string[] {
  const [, scheme, rest] = /^\s*([\w-]+)\s+(\S.*?)\s*$/.exec(value) ?? [];
  if (scheme === undefined || rest === undefined) return [value.trim()];
  if (scheme.toLowerCase() !== "basic") return [value.trim(), rest];
  const both = Buffer.from(rest, "base64").toString();
  return [value.trim(), rest, both, both.slice(both.indexOf(":") + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
