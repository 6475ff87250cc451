/** Can this server be used? Name, connection, encryption and login of one connection; no mail is sent. */
import { EventStoreError, type EventStoreErrorCode } from "../errors.ts";
import { loadSmtpConnection } from "./mail-driver.ts";
import { connectionOptions } from "./mail-pool.ts";
import { mailTrouble, type TroubleKind } from "./mail-trouble.ts";
import type { SmtpPlan } from "./plan.ts";

/** Some troubles pass by themselves, the others want a change of the configuration. */
const CODE = {
  name: "EVT_BACKEND_UNAVAILABLE",
  connection: "EVT_BACKEND_UNAVAILABLE",
  server: "EVT_BACKEND_UNAVAILABLE",
  encryption: "EVT_INVALID_OPTION",
  certificate: "EVT_INVALID_OPTION",
  login: "EVT_INVALID_OPTION",
  sender: "EVT_INVALID_OPTION",
  recipient: "EVT_INVALID_OPTION",
  message: "EVT_INVALID_OPTION",
} as const satisfies Record<TroubleKind, EventStoreErrorCode>;

/** @throws EventStoreError in words for people: `EVT_BACKEND_UNAVAILABLE`, `EVT_INVALID_OPTION`, `EVT_MISSING_DRIVER` */
export async function verifySmtp(smtp: SmtpPlan, signal: AbortSignal): Promise<void> {
  const { default: SMTPConnection } = await loadSmtpConnection();
  const connection = new SMTPConnection(connectionOptions(smtp));
  let stop = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: unknown) => (error ? reject(error) : resolve());
      stop = () => reject(gaveUp(smtp));
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      connection.on("error", reject);
      connection.on("end", () => reject(new Error("closed")));
      connection.connect((error) => (error ? reject(error) : logIn(connection, smtp, done)));
    });
  } catch (cause) {
    if (cause instanceof EventStoreError) throw cause;
    const { kind, text } = mailTrouble(cause, smtp);
    throw new EventStoreError(CODE[kind], text, { cause });
  } finally {
    signal.removeEventListener("abort", stop);
    connection.close();
  }
}

type Connection = InstanceType<Awaited<ReturnType<typeof loadSmtpConnection>>["default"]>;

function logIn(
  connection: Connection,
  { user, password, host, port }: SmtpPlan,
  done: (error?: unknown) => void,
): void {
  const words = `${host}:${port} offers no login: leave out user and password`;
  if (user === null || password === null) done();
  else if (!connection.allowsAuth) done(new EventStoreError("EVT_INVALID_OPTION", words));
  else connection.login({ user, pass: password }, (error) => done(error));
}

function gaveUp({ host, port }: SmtpPlan): EventStoreError {
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", `${host}:${port} did not answer in the time given`);
}
