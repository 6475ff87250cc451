/**
 * Server-sent events: bytes as they come → messages. Line ends may be CR, LF or both, and bytes may end anywhere.
 *
 * Source: WHATWG HTML, 9.2.6 "Interpreting an event stream". Other than a browser's, a message without data is handed on
 * too, because its id moves the place to resume from.
 */
import { StringDecoder } from "node:string_decoder";

export interface SseMessage {
  /** `"message"` where the server names none. */
  readonly event: string;
  readonly data: string;
  /** The last id the server named. */
  readonly id: string | undefined;
  /** How long to wait before connecting again, in ms, where the server says so here. */
  readonly retryMs: number | undefined;
}

/** Larger messages than this are none of ours, and would fill the memory. */
const MAX_CHARS = 16_777_216;

export class SseParser {
  readonly #decoder = new StringDecoder("utf8");
  #text = "";
  #event = "";
  #data: string[] = [];
  #id: string | undefined;
  #hasId = false;
  #retryMs: number | undefined;
  #isFirst = true;

  /** @throws RangeError for a message of more than 16 MiB */
  push(bytes: Uint8Array): SseMessage[] {
    this.#text += this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (this.#isFirst && this.#text !== "") {
      this.#isFirst = false;
      if (this.#text.startsWith("\ufeff")) this.#text = this.#text.slice(1);
    }
    const messages: SseMessage[] = [];
    for (let line = this.#nextLine(); line !== undefined; line = this.#nextLine()) {
      if (line !== "") this.#field(line);
      else this.#end(messages);
    }
    if (this.#text.length > MAX_CHARS) throw new RangeError(`a message is longer than ${MAX_CHARS} characters`);
    return messages;
  }

  /** A carriage return at the very end may be half of a line end. */
  #nextLine(): string | undefined {
    const at = this.#text.search(/\r\n|\n|\r(?!$)/);
    if (at < 0) return undefined;
    const line = this.#text.slice(0, at);
    this.#text = this.#text.slice(at + (this.#text.startsWith("\r\n", at) ? 2 : 1));
    return line;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "retry" && /^\d{1,9}$/.test(value)) this.#retryMs = Number(value);
    else if (name === "id" && !value.includes("\0")) {
      this.#id = value;
      this.#hasId = true;
    }
  }

  #end(messages: SseMessage[]): void {
    const isSomething = this.#hasId || this.#data.length > 0 || this.#retryMs !== undefined;
    if (isSomething)
      messages.push({
        event: this.#event || "message",
        data: this.#data.join("\n"),
        id: this.#id,
        retryMs: this.#retryMs,
      });
    this.#event = "";
    this.#data = [];
    this.#hasId = false;
    this.#retryMs = undefined;
  }
}
