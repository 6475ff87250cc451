/** Options of an HTTP sink: what the caller may say → the checked form the client works with. */
import { validateHeaderName, validateHeaderValue } from "node:http";
import { HttpAuth, type HttpAuthOptions } from "./http-auth.ts";
import { checkTls, type TlsOptions } from "./http-tls.ts";
import { invalid } from "./option-checks.ts";

/** @since 0.1.0 */
export interface HttpSinkOptions extends HttpAuthOptions {
  /** Base address of the server, `http(s)://host:port[/path]`; a user and password become basic authentication. */
  readonly url: string;
  /** Sent with every request, before ours. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Compress batches above 1 KiB. @default "gzip" */
  readonly compression?: "gzip" | "none";
  /** For `https:`; ignored otherwise. */
  readonly tls?: TlsOptions;
}

export interface HttpTarget {
  /** Address without user, password and trailing slash: may be shown. */
  readonly base: string;
  readonly auth: HttpAuth;
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  readonly tls: TlsOptions | undefined;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the option. */
export function targetOf(options: HttpSinkOptions): HttpTarget {
  const { url, headers = {}, compression = "gzip", tls } = options;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) throw invalid("url must be http(s)://host…");
  if (!["gzip", "none"].includes(compression)) throw invalid('compression must be "gzip" or "none"');
  checkTls(tls);
  return {
    base: parsed.origin + parsed.pathname.replace(/\/+$/, ""),
    auth: new HttpAuth(parsed, options),
    headers: checkHeaders(headers),
    gzip: compression === "gzip",
    tls,
  };
}

/** Ours to say: a wrong one breaks the framing of the request. */
const OURS = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "content-type",
  "content-encoding",
  "expect",
]);

function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (typeof headers !== "object" || headers === null) throw invalid("headers must be an object");
  const checked = Object.entries(headers).map(([name, value]) => {
    if (typeof value !== "string" || !isHeader(name, value)) throw invalid(`headers: ${name} is none`);
    if (OURS.has(name.toLowerCase())) throw invalid(`headers: ${name} cannot be set`);
    return [name.toLowerCase(), value];
  });
  return Object.freeze(Object.fromEntries(checked));
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
