/** SmtpFile: the mail server as people write it → SmtpPlan. */
import { isIP } from "node:net";
import { isHostName, isMailAddress, senderAddress } from "./address.ts";
import type { Bounds, Field } from "./field.ts";
import type { PlanContext } from "./options.ts";
import type { SmtpPlan } from "./plan.ts";
import { readSecret, UNCHECKED } from "./secret-file.ts";
import type { Section } from "./section.ts";

const TLS = ["starttls", "implicit", "none"] as const;
const PORTS = { starttls: 587, implicit: 465, none: 25 } as const satisfies Record<SmtpPlan["tls"], number>;
const TIMEOUT: Bounds = { least: 100, most: 600_000 };

/** Numbers nobody has to write: nodemailer's pool, and times after which a silent server is given up. */
export const SMTP_DEFAULTS = {
  connections: 5,
  messagesPerConnection: 100,
  connectMs: 10_000,
  greetingMs: 10_000,
  socketMs: 30_000,
} as const;

/** @returns undefined where there is no mail server, or, with troubles, a wrong one */
export function readSmtp(smtp: Section, context: PlanContext): SmtpPlan | undefined {
  if (!smtp.given) return undefined;
  const host = readHost(smtp);
  const [port, tls] = [smtp.field("port").whole({ least: 1, most: 65_535 }, undefined), smtp.field("tls")];
  const secure = tls.choice(TLS, port === 465 ? "implicit" : "starttls");
  const [user, password] = [readSecret(smtp, "user", context), readSecret(smtp, "password", context)];
  if ((user === null) !== (password === null)) smtp.error("user and password belong together; write both or none");
  if (password !== null && secure === "none") tls.warning("sends the password in the clear; use starttls or implicit");
  const plan = {
    port: port ?? PORTS[secure],
    tls: secure,
    user,
    password,
    rejectUnauthorized: readVerify(smtp),
    ...readPool(smtp.section("pool")),
    ...readTimeouts(smtp.section("timeouts")),
    from: readFrom(smtp, host, user),
  };
  smtp.close();
  return host === undefined ? undefined : Object.freeze({ host, ...plan });
}

function readHost(smtp: Section): string | undefined {
  const field = smtp.field("host");
  if (!field.given) return field.error("is missing; it says where the mail server is, like smtp.example.org");
  return hostName(field);
}

/** The name or the address of a server. */
export function hostName(field: Field): string | undefined {
  const host = field.text(253);
  if (host === undefined || isHostName(host) || isIP(host) !== 0) return host;
  return field.error("must be the name or address of a server, without smtp:// and port");
}

function readVerify(smtp: Section): boolean {
  const field = smtp.field("rejectUnauthorized");
  const verify = field.flag(true);
  if (!verify) field.warning("lets anybody on the way read the mails and the password");
  return verify;
}

function readPool(pool: Section) {
  const read = {
    connections: pool.field("connections").whole({ least: 1, most: 50 }, SMTP_DEFAULTS.connections),
    messagesPerConnection: pool
      .field("messagesPerConnection")
      .whole({ least: 1, most: 10_000 }, SMTP_DEFAULTS.messagesPerConnection),
  };
  pool.close();
  return read;
}

function readTimeouts(timeouts: Section) {
  const read = {
    connectMs: timeouts.field("connect").span(TIMEOUT, SMTP_DEFAULTS.connectMs),
    greetingMs: timeouts.field("greeting").span(TIMEOUT, SMTP_DEFAULTS.greetingMs),
    socketMs: timeouts.field("socket").span(TIMEOUT, SMTP_DEFAULTS.socketMs),
  };
  timeouts.close();
  return read;
}

/** Most servers want mails to come from an address of their own. */
function readFrom(smtp: Section, host: string | undefined, user: string | null): string {
  const field = smtp.field("from");
  if (field.given) return senderAddress(field) ?? "";
  if (user !== null && isMailAddress(user)) return user;
  const domain = host !== undefined && isHostName(host) ? host : "localhost";
  const from = `madsci-events@${domain}`;
  if (user !== UNCHECKED()) field.warning(`is missing; mails will come from ${from}`);
  return from;
}
