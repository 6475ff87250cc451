/** Database URLs as settings hold them: which schemes are accepted, and what to say about the others. */

const ACCEPTED = "sqlite:PATH, memory:, mongodb://… and mongodb+srv://…";

/** What is wrong with a database URL and how to mend it; never shows more of it than the scheme. */
export function databaseUrlProblem(value: unknown, origin: string): string {
  const scheme = typeof value === "string" ? /^\s*([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase() : undefined;
  if (scheme === undefined)
    return `${origin} holds no database URL; accepted are ${ACCEPTED} (for a file write sqlite:PATH)`;
  if (scheme === "http" || scheme === "https")
    return `${origin} is the URL of a server; to ask one, name it with --server. Accepted are ${ACCEPTED}`;
  if (["mongodb", "mongodb+srv", "sqlite", "memory"].includes(scheme))
    return `${origin} is not complete or has something too many behind ${scheme}:; accepted are ${ACCEPTED}`;
  const elsewhere = /\bDB_URL\b/.test(origin)
    ? "; if it belongs to another program, set MONGO_DB_URL for this one"
    : "";
  return `${origin} has the scheme ${scheme}:, which is not supported; accepted are ${ACCEPTED}${elsewhere}`;
}

/** The file behind a `sqlite:` URL; undefined for other engines and for a database in memory. */
export function sqliteFile(url: string): string | undefined {
  if (!url.startsWith("sqlite:")) return undefined;
  const path = url.slice("sqlite:".length).replace(/^\/\/(?=.)/, "");
  return path === ":memory:" ? undefined : path;
}
