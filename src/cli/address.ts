/** Where the server listens: `server_url`, overridden by `--host` and `--port`. */
import { usageError } from "./exit.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface AddressFlags {
  readonly host?: string;
  readonly port?: string;
}

export function addressOf(serverUrl: string, flags: AddressFlags): Address {
  const url = new URL(serverUrl);
  const port = flags.port === undefined ? urlPort(url) : portNumber(flags.port);
  return { host: flags.host ?? url.hostname.replace(/^\[|\]$/g, ""), port };
}

/** `server_url` with the address really used. */
export function urlOf({ host, port }: Address): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** True when only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host) || host.endsWith(".localhost");
}

/** The host a client on this machine would write. */
export function reachable({ host, port }: Address): Address {
  return host === "0.0.0.0" || host === "::" ? { host: "localhost", port } : { host, port };
}

function urlPort(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw usageError("--port takes a whole number from 0 to 65535 (0 for any free one)");
}
