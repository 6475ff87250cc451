/**
 * A real SMTP server in the process of the test, well-behaved or not, as told step by step.
 *
 * A step is answered by an `Answer`; `behaviour` may be changed while the server runs. Messages are kept as they came.
 */
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { resolve } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from "smtp-server";

/** `ok`; a reply code such as 421; `stall`: no answer ever; `drop`: the connection ends without one. */
type Answer = "ok" | "stall" | "drop" | number;

export interface Behaviour {
  greeting?: Answer;
  auth?: Answer;
  mail?: Answer;
  /** For all addresses, or by address. */
  rcpt?: Answer | ((address: string) => Answer);
  /** After the message was sent. */
  data?: Answer;
}

export interface SmtpOptions {
  /** `none` offers no encryption, `starttls` offers it, `implicit` begins with it. @default none */
  readonly tls?: "none" | "starttls" | "implicit";
  /** Whom the server lets in; without it no login is offered. */
  readonly auth?: { readonly user: string; readonly password: string };
  /** Refuses mail of whoever has not logged in. @default false */
  readonly authRequired?: boolean;
  readonly behaviour?: Behaviour;
}

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly encrypted: boolean;
  readonly user: string | null;
}

export interface TestSmtp {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Messages that were taken (answered `ok`). */
  readonly messages: readonly ReceivedMail[];
  /** Messages that were sent completely, whatever the answer was. */
  readonly seen: readonly ReceivedMail[];
  readonly behaviour: Behaviour;
  /** Connections so far, logins tried so far, and those open now. */
  readonly counts: { connections: number; logins: number };
  open(): number;
  /** Ends all connections without a word. */
  hangUp(): void;
  close(): Promise<void>;
}

const data = resolve(import.meta.dirname, "../data/tls");
/** The server's certificate: for `localhost` and `127.0.0.1`, signed by nobody. */
const SMTP_CERTIFICATE = resolve(data, "cert.pem");

/** Starts on a free port of 127.0.0.1. The caller closes it. */
export async function startSmtp(options: SmtpOptions = {}): Promise<TestSmtp> {
  const behaviour: Behaviour = { ...options.behaviour };
  const messages: ReceivedMail[] = [];
  const seen: ReceivedMail[] = [];
  const counts = { connections: 0, logins: 0 };
  const server = new SMTPServer({
    ...serverOptions(options),
    onConnect: (session, callback) => {
      counts.connections++;
      answer(behaviour.greeting, { server, session, callback });
    },
    onAuth: (auth, session, callback) => {
      counts.logins++;
      const wanted = behaviour.auth ?? (matches(auth, options.auth) ? "ok" : 535);
      const responseCode = typeof wanted === "number" ? wanted : undefined;
      const message = `answered ${wanted} as told`;
      const reply = () => callback(null, responseCode ? { responseCode, message } : { user: auth.username });
      answer(wanted, { server, session, callback: reply });
    },
    onMailFrom: (_address, session, callback) => answer(behaviour.mail, { server, session, callback }),
    onRcptTo: ({ address }, session, callback) => {
      const wanted = typeof behaviour.rcpt === "function" ? behaviour.rcpt(address) : behaviour.rcpt;
      answer(wanted, { server, session, callback });
    },
    onData: (stream, session, callback) => {
      const take = (mail: ReceivedMail) => {
        seen.push(mail);
        if ((behaviour.data ?? "ok") === "ok") messages.push(mail);
        answer(behaviour.data, { server, session, callback });
      };
      // Whoever leaves in the middle has sent no message.
      received(stream, session).then(take, () => {});
    },
  });
  // A client that leaves in the middle is part of the tests.
  server.on("error", () => {});
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.server.address() as AddressInfo;
  const open = () => server.connections.size;
  const close = () => closeServer(server);
  return { host: "127.0.0.1", port, messages, seen, behaviour, counts, open, hangUp: () => hangUp(server), close };
}

/** The message as a mail program reads it. */
export function parseMail(mail: ReceivedMail): Promise<ParsedMail> {
  return simpleParser(mail.raw);
}

/** Header lines as sent, unfolded, in order. */
export function headerLines(mail: Pick<ReceivedMail, "raw">): string[] {
  const head = mail.raw.slice(0, mail.raw.indexOf("\r\n\r\n"));
  return head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
}

function serverOptions({ tls = "none", auth, authRequired = false }: SmtpOptions): SMTPServerOptions {
  const disabled = [...(tls === "starttls" ? [] : ["STARTTLS"]), ...(auth ? [] : ["AUTH"])];
  return {
    secure: tls === "implicit",
    key: readFileSync(resolve(data, "key.pem")),
    cert: readFileSync(SMTP_CERTIFICATE),
    disabledCommands: disabled,
    authOptional: !authRequired,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 50,
    logger: false,
  };
}

type Reply = (error?: Error | null) => void;

function answer(
  wanted: Answer | undefined,
  at: { readonly server: SMTPServer; readonly session: SMTPServerSession; readonly callback: Reply },
): void {
  if (wanted === "stall") return;
  if (wanted === "drop") destroyConnection(at.server, at.session.id);
  else if (wanted === undefined || wanted === "ok") at.callback();
  else at.callback(Object.assign(new Error(`answered ${wanted} as told`), { responseCode: wanted }));
}

interface Inside {
  readonly id: string;
  readonly _socket: Socket;
}

/** The package has no public way to end one connection rudely. */
function destroyConnection(server: SMTPServer, id: string): void {
  for (const connection of server.connections as unknown as Set<Inside>) {
    if (connection.id === id) connection._socket.destroy();
  }
}

async function received(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<ReceivedMail> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  const { mailFrom, rcptTo } = session.envelope;
  return {
    from: mailFrom === false ? "" : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    raw: Buffer.concat(parts).toString("utf8"),
    encrypted: session.secure,
    user: typeof session.user === "string" ? session.user : null,
  };
}

function matches(given: { username?: string; password?: string | null }, wanted: SmtpOptions["auth"]): boolean {
  return given.username === wanted?.user && given.password === wanted?.password;
}

function hangUp(server: SMTPServer): void {
  for (const connection of server.connections as unknown as Set<Inside>) connection._socket.destroy();
}

/** Safe twice. */
function closeServer(server: SMTPServer): Promise<void> {
  hangUp(server);
  return new Promise((done) => server.close(() => done()));
}
