/** ChannelFile: the ways messages take, as people write them → ChannelPlans. */
import { mailAddress, postUrl } from "./address.ts";
import type { Field } from "./field.ts";
import { didYouMean } from "./nearest-word.ts";
import type { PlanContext } from "./options.ts";
import type { ChannelPlan, SmtpPlan } from "./plan.ts";
import { isRef, readSecret, resolved, textOrRef, UNCHECKED } from "./secret-file.ts";
import { entries, named, Section } from "./section.ts";

const TYPES = ["email", "webhook", "slack", "pagerduty"] as const;
type PostType = Exclude<(typeof TYPES)[number], "email">;
const IMPORTANCES = ["High", "Normal", "Low"] as const;
const MANY_ADDRESSES = 50;
const MAX_ADDRESSES = 1_000;
const PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue";
const TIMEOUT = { least: 100, most: 120_000 };
/** Ours, or the connection's. */
const RESERVED =
  /^(?:content-(?:type|length|encoding)|host|connection|transfer-encoding|te|trailer|upgrade|expect|user-agent|x-madsci-.*)$/i;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const SECRET_NAME = /auth|token|secret|key|password|cookie/i;

export interface ChannelSetup {
  readonly context: PlanContext;
  readonly smtp: SmtpPlan | undefined;
  /** False also where `smtp` is written but wrong: then that is the trouble. */
  readonly smtpMissing: boolean;
}

export function readChannels(field: Field, setup: ChannelSetup): readonly ChannelPlan[] {
  return named(field).flatMap(([name, written]) => {
    const channel = readChannel(name, written, setup);
    return channel ? [Object.freeze(channel)] : [];
  });
}

function readChannel(name: string, written: Field, setup: ChannelSetup): ChannelPlan | undefined {
  const section = new Section(written);
  if (!section.given) return written.error(`is empty; a channel has a type: ${TYPES.join(", ")}`);
  const type = readType(section);
  if (type === undefined) return undefined;
  const channel = type === "email" ? readEmail(name, section, setup) : readPost(name, { type, section }, setup.context);
  section.close((key) => (/^templates?$/.test(key) ? "stands at the top level: templates beside channels" : undefined));
  return channel;
}

function readType(section: Section): (typeof TYPES)[number] | undefined {
  const field = section.field("type");
  if (!field.given) return field.error(`is missing; use one of ${TYPES.join(", ")}`);
  if (field.value === "mail") return field.error("must be email");
  return field.choice(TYPES, undefined);
}

function readEmail(name: string, section: Section, { smtp, smtpMissing }: ChannelSetup): ChannelPlan | undefined {
  const to = section.field("to");
  const addresses = [...new Set(to.each(mailAddress, MAX_ADDRESSES))];
  if (to.list().length === 0) to.error("is missing; it lists the addresses mails go to");
  if (addresses.length > MANY_ADDRESSES)
    to.warning(`${addresses.length} addresses get a mail of their own each; better use a mailing list`);
  const importance = section.field("importance").choice(IMPORTANCES, "Normal");
  if (smtpMissing) section.error("is of type email and needs a mail server; add smtp: {host: …} beside channels");
  return smtp && { type: "email", name, to: Object.freeze(addresses), importance, smtp };
}

function readPost(
  name: string,
  { type, section }: { readonly type: PostType; readonly section: Section },
  context: PlanContext,
): ChannelPlan | undefined {
  const allowPrivate = section.field("allowPrivate").flag(false);
  const url = readUrl(type, section, { context, allowPrivate });
  const secret = readSecret(section, "secret", context);
  if (type === "pagerduty" && secret === null && !section.field("secretRef").given)
    section.field("secretRef").error("is missing; it says where the routing key is kept, like env:PAGERDUTY_KEY");
  const plan = {
    secret,
    headers: readHeaders(section.field("headers"), context),
    format: type === "webhook" ? section.field("format").choice(["json", "cloudevents"], "json") : ("json" as const),
    allowPrivate,
    connectMs: section.field("connectTimeout").span(TIMEOUT, 3_000),
    timeoutMs: section.field("timeout").span(TIMEOUT, 10_000),
  };
  return url === undefined ? undefined : { type, name, url, ...plan };
}

/** The URL of a Slack webhook is a secret: whoever has it may post. */
function readUrl(
  type: PostType,
  section: Section,
  { context, allowPrivate }: { readonly context: PlanContext; readonly allowPrivate: boolean },
): string | undefined {
  const [ref, plain] = [section.field("urlRef"), section.field("url")];
  if (ref.given && plain.given) return plain.error(`means the same as ${ref.path}; keep one`);
  const field = ref.given ? ref : plain;
  if (!field.given) return type === "pagerduty" ? PAGERDUTY_URL : field.error("is missing; it says where to post to");
  if (ref.given && !isRef(ref.value)) return ref.error("must say where it is kept: env:NAME or file:PATH");
  const url = isRef(field.value) ? resolved(field, field.value, context) : field.text(2_000);
  if (url === null || url === undefined) return undefined;
  if (isRef(field.value) && context.secret === UNCHECKED) return "https://unchecked.invalid/";
  if (type === "slack" && !isRef(field.value))
    field.warning("is a secret, as whoever has it may post; write url: env:NAME");
  return postUrl(field, url, allowPrivate);
}

function readHeaders(field: Field, context: PlanContext): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of entries(field)) {
    if (!HEADER_NAME.test(name)) value.error("is no name of a header");
    else if (RESERVED.test(name)) value.error("is set by us and cannot be changed");
    else headers[name] = readHeader(name, value, context) ?? "";
  }
  return Object.freeze(headers);
}

function readHeader(name: string, value: Field, context: PlanContext): string | undefined {
  if (!isRef(value.value) && SECRET_NAME.test(name)) value.warning("looks like a secret; write env:NAME or file:PATH");
  const text = textOrRef(value, context);
  if (text !== undefined && !/^[\u0020-\u007e]*$/.test(text)) return value.error("may hold printable ASCII only");
  return text;
}

/** Names of channels there are. */
export function channelNames(field: Field, channels: ReadonlySet<string>): readonly string[] {
  const names = field.each((entry) => {
    const name = entry.text();
    if (name === undefined || channels.has(name)) return name;
    return entry.error(`there is no channel ${name}${didYouMean(name, channels)}`);
  }, 20);
  return Object.freeze([...new Set(names)]);
}
