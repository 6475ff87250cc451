/**
 * MailPool: the connections to one mail server, shared by the channels whose plan names the same server object.
 *
 * Opened by the first message, closed with the last channel. A message whose connection turns out to be gone before a
 * byte of it was sent takes another one; anything later is for the outbox to decide.
 */
import type { SendMailOptions } from "nodemailer/lib/mailer";
import type { SMTPPoolOptions } from "nodemailer/lib/smtp-pool";
import { loadNodemailer } from "./mail-driver.ts";
import type { MailMessage } from "./mail-message.ts";
import type { SmtpPlan } from "./plan.ts";

/** An unused connection is given back after this long; servers wait five minutes at least. */
const IDLE_MS = 60_000;
const CLOSE_MS = 1_000;

export interface MailPool {
  /** The server's answer. Rejects with nodemailer's error; the signal ends it at once. */
  send(message: MailMessage, signal: AbortSignal): Promise<string>;
  /** Ends what is under way. Safe twice. */
  close(): void;
}

interface Shared {
  users: number;
  transport: ReturnType<typeof openTransport> | null;
}

const pools = new WeakMap<SmtpPlan, Shared>();

export function mailPool(smtp: SmtpPlan): MailPool {
  const shared = pools.get(smtp) ?? { users: 0, transport: null };
  pools.set(smtp, shared);
  shared.users++;
  let open = true;
  return {
    send: async (message, signal) => {
      const transport = await transportOf(shared, smtp);
      const info = await transport.sendMail(mailOptions(message, signal));
      return info.response ?? "";
    },
    close: () => {
      if (!open) return;
      open = false;
      if (--shared.users > 0) return;
      pools.delete(smtp);
      shared.transport?.then(
        (transport) => transport.close({ force: true }),
        () => {},
      );
    },
  };
}

/** The one that is open, or a new one; one that could not be opened is not kept. */
async function transportOf(shared: Shared, smtp: SmtpPlan) {
  shared.transport ??= openTransport(smtp);
  try {
    return await shared.transport;
  } catch (error) {
    shared.transport = null;
    throw error;
  }
}

function mailOptions({ envelope, raw }: MailMessage, signal: AbortSignal): SendMailOptions {
  return { envelope: { from: envelope.from, to: [...envelope.to] }, raw, signal };
}

async function openTransport(smtp: SmtpPlan) {
  const { createTransport } = await loadNodemailer();
  return createTransport({ ...connectionOptions(smtp), ...poolOptions(smtp), pool: true });
}

function poolOptions({ connections, messagesPerConnection }: SmtpPlan): SMTPPoolOptions {
  return {
    maxConnections: connections,
    maxMessages: messagesPerConnection,
    maxRequeues: 1,
    idleTimeout: IDLE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Of one connection. Encryption is what the plan says, never "if the server likes". */
export function connectionOptions(smtp: SmtpPlan) {
  const { user, password } = smtp;
  return {
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === "implicit",
    requireTLS: smtp.tls === "starttls",
    ignoreTLS: smtp.tls === "none",
    tls: { rejectUnauthorized: smtp.rejectUnauthorized },
    connectionTimeout: smtp.connectMs,
    dnsTimeout: smtp.connectMs,
    greetingTimeout: smtp.greetingMs,
    socketTimeout: smtp.socketMs,
    socketCloseTimeout: CLOSE_MS,
    logger: false,
    ...(user !== null && password !== null ? { auth: { user, pass: password } } : {}),
  };
}
