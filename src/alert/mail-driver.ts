/** The two optional packages of mail, each loaded on first use. */
import { EventStoreError } from "../errors.ts";

export const loadNodemailer = () => loaded("nodemailer", "e-mail", () => import("nodemailer"));
export const loadSmtpConnection = () => loaded("nodemailer", "e-mail", () => import("nodemailer/lib/smtp-connection"));
export const loadMimeNode = () => loaded("nodemailer", "e-mail", () => import("nodemailer/lib/mime-node"));
export const loadLiquid = () => loaded("liquidjs", "templates of mails", () => import("liquidjs"));

/** @throws EventStoreError `EVT_MISSING_DRIVER` naming the package */
export async function loaded<T>(name: string, what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new EventStoreError("EVT_MISSING_DRIVER", `${what} needs the package ${name}: npm install ${name}`, {
      cause,
    });
  }
}
