/** TLS of an HTTP sink: options → what `node:https` takes. Files are read per connection pool, so a new pool sees new ones. */
import { readFileSync } from "node:fs";
import type { AgentOptions } from "node:https";
import { createSecureContext } from "node:tls";
import { invalid } from "./option-checks.ts";
import { SendError } from "./sink.ts";

/** Each of `ca`, `cert` and `key` is the path of a PEM file, or its text. @since 0.1.0 */
export interface TlsOptions {
  /** Whom to trust instead of the well-known authorities. */
  readonly ca?: string;
  /** Certificate to show, with `key`. */
  readonly cert?: string;
  readonly key?: string;
  /** False trusts whoever answers: for a bench, not for a lab. @default true */
  readonly rejectUnauthorized?: boolean;
}

const PEMS = ["ca", "cert", "key"] as const;
const BEGIN = "-----BEGIN";

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the option. */
export function checkTls(tls: TlsOptions | undefined): void {
  if (tls === undefined) return;
  if (typeof tls !== "object" || tls === null) throw invalid("tls must be an object");
  for (const [name, given] of Object.entries(tls)) {
    const known = name === "rejectUnauthorized" ? "boolean" : PEMS.includes(name as "ca") ? "string" : undefined;
    if (known === undefined) throw invalid(`unknown option "tls.${name}"`);
    const fits = given === undefined || (typeof given === known && given !== "");
    if (!fits) throw invalid(`tls.${name} must be a ${known === "string" ? "path or a PEM text" : "boolean"}`);
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) throw invalid("tls.cert and tls.key go together");
}

/** @throws SendError `hold` naming the file that cannot be read or used. */
export function tlsAgentOptions(tls: TlsOptions | undefined): AgentOptions {
  if (tls === undefined) return {};
  const pems = Object.fromEntries(PEMS.map((name) => [name, pemOf(name, tls[name])]));
  try {
    return { secureContext: createSecureContext(pems), rejectUnauthorized: tls.rejectUnauthorized ?? true };
  } catch (error) {
    throw new SendError("hold", `tls.ca, tls.cert or tls.key cannot be used (${codeOf(error)})`);
  }
}

function pemOf(name: string, given: string | undefined): string | undefined {
  if (given === undefined || given.includes(BEGIN)) return given;
  let text: string;
  try {
    text = readFileSync(given, "utf8");
  } catch (error) {
    throw new SendError("hold", `tls.${name}: ${given} cannot be read (${codeOf(error)})`);
  }
  // Node ignores a CA that is none, and the certificate of the server would be blamed.
  if (!text.includes(BEGIN)) throw new SendError("hold", `tls.${name}: ${given} holds no PEM`);
  return text;
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "not PEM";
}

/** True for what a handshake or a certificate is refused with. */
export function isTlsCode(code: string): boolean {
  return /^ERR_(TLS|SSL|OSSL)|^EPROTO$|CERT|CRL|UNABLE_TO_|HOSTNAME_MISMATCH/.test(code);
}
