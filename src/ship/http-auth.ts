/** Who is speaking: basic, a token, or a token in a file that may change while we run. */
import { readFileSync } from "node:fs";
import { validateHeaderValue } from "node:http";
import { invalid } from "./option-checks.ts";
import { SendError } from "./sink.ts";

export interface HttpAuthOptions {
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string;
  /** File that holds the token; read at the first delivery, and again when the server refuses what it held. */
  readonly tokenFile?: string;
}

export class HttpAuth {
  readonly #file: string | undefined;
  #header: string | undefined;

  /**
   * @param url its user and password become basic authentication, unless there is a token
   * @throws EventStoreError `EVT_INVALID_OPTION`
   */
  constructor(url: URL, { token, tokenFile }: HttpAuthOptions) {
    for (const [name, given] of Object.entries({ token, tokenFile })) {
      if (given !== undefined && (typeof given !== "string" || given === "")) throw invalid(`${name} must be a text`);
    }
    if (token !== undefined && tokenFile !== undefined) throw invalid("give either token or tokenFile");
    this.#file = tokenFile;
    if (token !== undefined) this.#header = bearer(token) ?? fail("token has characters no header may have");
    else if (tokenFile === undefined) this.#header = basic(url);
  }

  /** Value of `Authorization`; undefined for none. @throws SendError `hold` when the file holds no token. */
  header(): string | undefined {
    if (this.#file !== undefined) this.#header ??= fromFile(this.#file);
    return this.#header;
  }

  /** The server refused `sent`. True when the file holds something else by now. @throws SendError as `header`. */
  renew(sent: string | undefined): boolean {
    if (this.#file === undefined) return false;
    this.#header = undefined;
    if (this.header() !== sent) return true;
    this.#header = undefined; // so that the next delivery reads it once more
    return false;
  }
}

function fromFile(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, "utf8").trim();
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new SendError("hold", `the token file ${file} cannot be read (${code})`);
  }
  const header = token === "" ? undefined : bearer(token);
  if (header !== undefined) return header;
  throw new SendError("hold", `the token file ${file} holds no token`);
}

function bearer(token: string): string | undefined {
  try {
    validateHeaderValue("authorization", `Bearer ${token}`);
    return `Bearer ${token}`;
  } catch {
    return undefined;
  }
}

function basic({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  try {
    const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(user).toString("base64")}`;
  } catch {
    throw invalid("user and password in url must be percent-encoded UTF-8");
  }
}

function fail(message: string): never {
  throw invalid(message);
}
