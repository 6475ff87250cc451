/**
 * MailTrouble: what went wrong between us and a mail server, in words for people, and what that means for a message.
 *
 *   about the server (no address, no connection, no encryption, login, "not now")  later, all messages
 *   about the sender's address                                                      later: somebody will mend it
 *   about the recipient or the message: 4xx                                         later
 *                                       5xx                                         never
 *
 * The server's own words are part of the reason, except about logins: a reply may repeat what it was sent.
 */
import type { Delivery } from "./notification.ts";
import type { SmtpPlan } from "./plan.ts";
import { oneLine } from "./safe-text.ts";

export type TroubleKind =
  | "name"
  | "connection"
  | "encryption"
  | "certificate"
  | "login"
  | "server"
  | "sender"
  | "recipient"
  | "message";

export interface MailTrouble {
  readonly kind: TroubleKind;
  readonly text: string;
  /** The server's reply code, where it replied. */
  readonly code: number | null;
}

/** What nodemailer adds to its errors. */
interface SmtpError {
  readonly message: string;
  readonly code?: string;
  readonly originalCode?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
  readonly timeoutType?: string;
}

type Server = Pick<SmtpPlan, "host" | "port" | "user" | "password" | "tls">;

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|CRL/;
const TLS_PROTOCOL = /^(ERR_SSL|ERR_TLS|EPROTO)/;

export function mailTrouble(error: unknown, server: Server): MailTrouble {
  const problem = error as SmtpError;
  const kind = kindOf(problem);
  const code = problem.responseCode || null;
  const said = kind === "login" ? (code === null ? "" : ` (${code})`) : saidBy(problem, server);
  return { kind, code, text: `${wordsOf(kind, problem, server)}${said}` };
}

function kindOf({ code, originalCode = "", command = "", timeoutType, responseCode }: SmtpError): TroubleKind {
  if (code === "EDNS") return "name";
  if (CERTIFICATE.test(originalCode)) return "certificate";
  if (code === "ETLS" || timeoutType === "UPGRADE_TIMEOUT" || TLS_PROTOCOL.test(originalCode)) return "encryption";
  if (code === "EAUTH" || command.startsWith("AUTH") || responseCode === 530) return "login";
  if (responseCode === 421) return "server";
  if (!responseCode && code !== "EMESSAGE") return "connection";
  if (command === "MAIL FROM" && code === "EENVELOPE") return "sender";
  if (command === "RCPT TO") return "recipient";
  return command === "DATA" || code === "EMESSAGE" ? "message" : "server";
}

function wordsOf(kind: TroubleKind, problem: SmtpError, { host, port, user, tls }: Server): string {
  const at = `${host}:${port}`;
  const cause = problem.originalCode ?? "";
  switch (kind) {
    case "name":
      return `the mail server's name ${host} has no address${cause && ` (${cause})`}`;
    case "certificate":
      return `the certificate of ${at} is not trusted (${cause}): ${certificateWords(cause)}`;
    case "encryption":
      return problem.responseCode
        ? `${at} offers no STARTTLS; set tls to implicit if the port begins encrypted, to none only inside your own network`
        : `no encrypted connection to ${at}${cause && ` (${cause})`}; is tls ${tls} right for this port?`;
    case "login":
      return `${at} refuses the login of ${user === null ? "nobody: it wants one" : oneLine(user, 100)}`;
    case "connection":
      return connectionWords(problem, at);
    case "sender":
      return `${at} refuses the sender's address`;
    case "recipient":
      return `${at} refuses the recipient`;
    case "message":
      return `${at} refuses the message`;
    case "server":
      return `${at} takes no mail now`;
  }
}

/** What mends it. A setting can turn the check off, for a server that cannot be mended. */
function certificateWords(cause: string): string {
  const off = "turn the check off (smtp.rejectUnauthorized: false; email_alerts_verify_certificate: false)";
  if (cause.includes("EXPIRED")) return `renew it, or ${off}`;
  if (cause.includes("ALTNAME")) return `name the server as its certificate does, or ${off}`;
  return `name its authority's file in NODE_EXTRA_CA_CERTS, or ${off}`;
}

function connectionWords({ code, originalCode, timeoutType }: SmtpError, at: string): string {
  if (timeoutType === "CONNECT_TIMEOUT") return `${at} does not answer`;
  if (timeoutType === "GREETING_TIMEOUT") return `${at} accepts a connection but does not greet`;
  if (code === "ETIMEDOUT") return `${at} has gone silent`;
  if (originalCode === "ECONNREFUSED") return `nothing listens at ${at} (ECONNREFUSED)`;
  return `the connection to ${at} was lost${originalCode ? ` (${originalCode})` : ""}`;
}

/** The server's reply, one line, without our secrets. */
function saidBy({ response }: SmtpError, { user, password }: Server): string {
  if (!response) return "";
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const secrets = password ? [password, base64(password), base64(`\0${user}\0${password}`)] : [];
  return `: ${oneLine(
    secrets.reduce((text, secret) => text.replaceAll(secret, "…"), response),
    200,
  )}`;
}

export function deliveryOf({ kind, code, text }: MailTrouble): Delivery {
  const aboutOne = kind === "recipient" || kind === "message";
  // 503, bad sequence of commands, is about the conversation: the same message may well pass in another.
  if (aboutOne && code !== 503 && (code ?? 500) >= 500) return { status: "refused", reason: text, channelDown: false };
  return { status: "retry", reason: text, channelDown: kind !== "recipient" };
}
