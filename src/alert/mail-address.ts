/** Addresses of mail: exactly one in a text, with or without a name before it. They come from the configuration only. */

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** Longest address SMTP knows. */
const MAX_ADDRESS = 254;
const PLAIN = /^[^\s"(),:;<>@[\\\]\u0000-\u001f\u007f-\u009f]+@[^\s"(),:;<>@[\\\]\u0000-\u001f\u007f-\u009f]+$/;
const NAMED = /^([^<>"\u0000-\u001f\u007f-\u009f]*|"[^<>"\u0000-\u001f\u007f-\u009f]*")\s*<([^<>]+)>$/;

/** `lab@example.org` or `Lab <lab@example.org>`; null for anything else, lists included. */
export function mailAddress(text: string): MailAddress | null {
  const named = NAMED.exec(text.trim());
  const address = (named?.[2] ?? text).trim();
  if (address.length > MAX_ADDRESS || !PLAIN.test(address)) return null;
  return { name: (named?.[1] ?? "").trim().replace(/^"(.*)"$/, "$1"), address };
}

/** The domain where it is fit for a Message-ID; else one that can never exist. */
export function idDomain({ address }: MailAddress): string {
  const domain = address.slice(address.lastIndexOf("@") + 1);
  return /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(domain) ? domain : "madsci-events.invalid";
}
