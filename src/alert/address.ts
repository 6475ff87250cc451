/** Addresses of mail and of the web in a configuration. */
import type { Field } from "./field.ts";
import { mailAddress as namedAddress } from "./mail-address.ts";
import { privateAddress } from "./private-address.ts";

const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** True for one plain address, `name@host`: no names, no angle brackets, no lists, nothing a header could break on. */
export function isMailAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || at > 64 || text.length > 254) return false;
  return LOCAL.test(text.slice(0, at)) && isHostName(text.slice(at + 1));
}

export function isHostName(text: string): boolean {
  return text.length <= 253 && text.split(".").every((label) => LABEL.test(label));
}

export function mailAddress(field: Field): string | undefined {
  const text = field.text(300);
  if (text === undefined) return undefined;
  if (isMailAddress(text)) return text;
  const hint = /[,;\s]/.test(text) ? "; write several as a list" : "";
  return field.error(`${JSON.stringify(text.slice(0, 80))} is no e-mail address; write it like lab@example.org${hint}`);
}

/** Who a mail comes from: an address, or `Name <address>`. */
export function senderAddress(field: Field): string | undefined {
  const text = field.text(500);
  const address = text === undefined ? undefined : namedAddress(text)?.address;
  if (text === undefined || (address !== undefined && isMailAddress(address))) return text;
  return field.error("is no sender; write it like lab@example.org or Lab <lab@example.org>");
}

/** An http(s) URL without user and password. @param field whose path messages name; they never show the URL */
export function webUrl(field: Field, text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    return field.error("must be a URL that begins with https:// (or http://)");
  if (url.username !== "" || url.password !== "")
    return field.error("must not hold a user and password; use headers, like {authorization: env:NAME}");
  return url;
}

/** Where messages are posted to: https at a public address, as far as can be seen without asking a name server. */
export function postUrl(field: Field, text: string, allowPrivate: boolean): string | undefined {
  const url = webUrl(field, text);
  if (!url || allowPrivate) return url && text;
  if (url.protocol === "http:")
    return field.error("must begin with https://; allowPrivate: true allows http:// inside the lab");
  const why = privateHost(url.hostname);
  if (why) return field.error(`is at a private address (${why}); allowPrivate: true allows it`);
  return text;
}

function privateHost(host: string): string | null {
  const bare = host.replace(/\.$/, "");
  if (bare === "localhost" || bare.endsWith(".localhost")) return "loopback";
  return host.startsWith("[") || /^[\d.]+$/.test(bare) ? privateAddress(bare) : null;
}
