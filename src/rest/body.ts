/**
 * Request bodies: bytes off the socket → one buffer within its limit → text → JSON.
 *
 * Fastify's own parsers are not used: the rules here are MADSci's (what counts as JSON, which 422 says what), and gzip
 * is undone with a limit on what comes out. Reading never starts before the route is known.
 */
import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { errorOffset, type Json, parseJson } from "../event/json.ts";
import { Failure, invalidRequest, tooLarge } from "./failure.ts";

const inflate = promisify(gunzip);

/** A body over its limit is read to its end, up to this size, so that the client gets the answer and not a reset. */
const DRAIN_BYTES = 33_554_432;
/** Longest text in which the place of a JSON error is searched for. */
const LOCATE_LIMIT = 65_536;

interface BodyConfig {
  readonly bodyBytes?: number;
}

/** Makes `request.body` of this Fastify context the raw bytes, for every content type. */
export function readRawBodies(app: FastifyInstance, defaultBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, payload, done) => {
    const limit = (request.routeOptions.config as BodyConfig).bodyBytes ?? defaultBytes;
    readAll(payload, limit, Number(request.headers["content-length"]), done);
  });
}

type Done = (error: Error | null, body?: Buffer) => void;

function readAll(payload: NodeJS.ReadableStream, limit: number, announced: number, done: Done): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let settled = false;
  const settle: Done = (error, body) => {
    if (!settled) done(error, body);
    settled = true;
  };
  const refuse = () => settle(tooLarge(`Request body is larger than ${limit} bytes`));
  if (announced > DRAIN_BYTES) refuse();
  payload.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limit) chunks.push(chunk);
    else if (bytes > DRAIN_BYTES) refuse();
  });
  payload.on("end", () => {
    if (bytes > limit) refuse();
    else settle(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  });
  payload.on("error", () => settle(new Failure(400, "invalid-request", "The request body ended too early")));
}

/**
 * The body's bytes after decompression; undefined when there are none.
 * @param limit most bytes after decompression
 */
export async function bodyBytes(request: FastifyRequest, limit: number): Promise<Buffer | undefined> {
  const body = request.body as Buffer | undefined;
  if (body === undefined || body.length === 0) return undefined;
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase();
  if (encoding === undefined || encoding === "" || encoding === "identity") return body;
  if (encoding === "gzip" || encoding === "x-gzip") return decompress(body, limit);
  const message = "Content-Encoding must be gzip or identity";
  throw new Failure(415, "unsupported-media-type", message, { headers: { "accept-encoding": "gzip" } });
}

async function decompress(body: Buffer, limit: number): Promise<Buffer> {
  try {
    return await inflate(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge(`Request body is larger than ${limit} bytes after decompression`);
    }
    const msg = "The body is not valid gzip data";
    throw invalidRequest([{ type: "gzip_invalid", loc: ["body"], msg, input: null }]);
  }
}

/** True for `application/json` and `application/*+json`; undefined when the request names no type. */
export function isJsonType(contentType: string | undefined): boolean | undefined {
  if (contentType === undefined || contentType === "application/json") return contentType && true;
  return /^application\/(?:json|[^\s;/]+\+json)\s*(?:;|$)/i.test(contentType.trim());
}

/** Bytes → text. @throws Failure 422 when they are not UTF-8. */
export function utf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  const msg = "The body is not valid UTF-8";
  throw invalidRequest([{ type: "unicode_error", loc: ["body"], msg, input: null }], "malformed-json");
}

/** @throws Failure 422 `json_invalid` with the place of the error. */
export function jsonOf(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    const loc = ["body", offsetOf(error, text)];
    const ctx = { error: error instanceof SyntaxError ? reasonOf(error) : "not JSON" };
    throw invalidRequest([{ type: "json_invalid", loc, msg: "JSON decode error", input: {}, ctx }], "malformed-json");
  }
}

/** V8's sentence without the piece of the text it quotes, and without the place, which `loc` tells. */
function reasonOf(error: SyntaxError): string {
  const sentence = error.message
    .replace(/,? (?:\.\.\.)?".*$/s, "")
    .replace(/ (?:in JSON )?(?:at position|after JSON at).*$/s, "");
  return sentence.length <= 100 ? sentence : "not JSON";
}

/** Where V8 names no position, the longest beginning that is only incomplete ends at the error. */
function offsetOf(error: unknown, text: string): number {
  if (NAMES_PLACE.test(String(error)) || text.length > LOCATE_LIMIT) return errorOffset(error, text);
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

const NAMES_PLACE = /at position \d|end of JSON|Unterminated/;

function isBeginning(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch (error) {
    return NAMES_PLACE.test(String(error)) && errorOffset(error, text) >= text.length;
  }
}

/** A JSON body of MADSci's routes. Another content type, or none, counts as text, and so does not hold an object. */
export async function jsonBody(request: FastifyRequest, limit: number): Promise<Json> {
  const bytes = await bodyBytes(request, limit);
  if (bytes === undefined) throw missingBody();
  const text = utf8(bytes);
  if (!isJsonType(request.headers["content-type"])) return text;
  const value = jsonOf(text);
  if (value === null) throw missingBody();
  return value;
}

function missingBody(): Failure {
  return invalidRequest([{ type: "missing", loc: ["body"], msg: "Field required", input: null }]);
}

/** The body where it must be an object. */
export async function objectBody(request: FastifyRequest, limit: number): Promise<Readonly<Record<string, Json>>> {
  const value = await jsonBody(request, limit);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, Json>;
  const msg = "Input should be a valid dictionary or object to extract fields from";
  throw invalidRequest([{ type: "model_attributes_type", loc: ["body"], msg, input: value }]);
}
