/**
 * Notice → message of a Slack incoming webhook: blocks for Slack, and `text` for notifications and for the chats that
 * take the same webhooks (Mattermost, Rocket.Chat …).
 *
 * Nothing of an event can become a mention, a link or an emphasis that hides something: `& < >` are escaped, group
 * mentions broken, and code cannot be left. Slack's limits are kept by construction, however long the texts.
 */
import type { Incident } from "./incident.ts";
import { type Brief, briefOf, briefText, eventLine } from "./notice-brief.ts";
import type { Notification } from "./notification.ts";
import type { Severity } from "./rule.ts";
import type { BodyContext, Links, WebhookBody } from "./webhook-body.ts";

const MAX_HEADER = 150;
const MAX_TEXT = 3000;
const MAX_FIELD = 2000;
const MAX_FIELDS = 10;
const MAX_LABEL = 40;
const MAX_URL = 1000;

const ICON = { info: "🔵", warning: "🟡", error: "🟠", critical: "🔴" } as const satisfies Record<Severity, string>;
const LABELS: Readonly<Record<string, string>> = {
  open: "Open incident",
  events: "Open events",
  timeline: "Run timeline",
  acknowledge: "Acknowledge",
  silence_1h: "Silence 1 h",
  silence_8h: "Silence 8 h",
};

type Block = { readonly type: string; readonly [field: string]: unknown };

export function slackBody(notification: Notification, { timezone, links }: BodyContext): WebhookBody {
  const brief = briefOf(notification, timezone);
  const icon = iconOf(notification.notice.incident);
  const linked = linkWords(links);
  const blocks: Block[] = [
    {
      type: "header",
      text: { type: "plain_text", text: atMost(`${icon} ${brief.title}`, MAX_HEADER), emoji: true },
    },
    section(slackText(brief.summary, MAX_TEXT)),
    { type: "section", fields: brief.facts.slice(0, MAX_FIELDS).map(fieldOf) },
    ...eventsOf(brief),
    ...(brief.others.length === 0 ? [] : [section(slackText(brief.others.join("\n"), MAX_TEXT))]),
    ...(linked === "" ? [] : [section(linked)]),
    { type: "context", elements: [{ type: "mrkdwn", text: slackText(brief.footer, MAX_FIELD) }] },
  ];
  const open = linkTo("open", links?.open);
  const words = slackText(`${icon} ${briefText(brief)}`, MAX_TEXT - MAX_URL - MAX_LABEL * 2);
  const message = { text: open === "" ? words : `${words}\n${open}`, blocks };
  return { contentType: "application/json; charset=utf-8", text: JSON.stringify(message) };
}

/**
 * Text that Slack shows as it is, at most `max` characters after escaping; an escape is never cut in two.
 * Chats that read `@all` or `[text](url)` in plain text are given a gap nobody sees.
 */
export function slackText(text: string, max: number): string {
  const safe = text.toWellFormed().replace(/@(?=channel|here|all|everyone)|\](?=\()/gi, "$&\u200b");
  let out = "";
  for (const char of safe) {
    const next = ESCAPES[char] ?? char;
    if (out.length + next.length > max - 1) return `${out}…`;
    out += next;
  }
  return out;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  // Marks of emphasis and code, as letters that look the same.
  "`": "ˋ",
  "*": "∗",
  "~": "∼",
};

/** Counted as JavaScript counts, which is never less than how others do. */
const atMost = (text: string, max: number) =>
  text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;

const section = (text: string): Block => ({ type: "section", text: { type: "mrkdwn", text: text || "-" } });

const fieldOf = ({ name, value }: Brief["facts"][number]) => ({
  type: "mrkdwn",
  text: `*${slackText(name, MAX_FIELD / 4)}*\n${slackText(value, MAX_FIELD / 2)}`,
});

function eventsOf({ events }: Brief): Block[] {
  if (events.length === 0) return [];
  const lines = events.map((event) => slackText(eventLine(event), 900));
  return [section(`*Last events*\n\`\`\`${lines.join("\n")}\`\`\``)];
}

/** As many as fit. Not buttons: Slack warns at a click on one when the webhook's app answers no clicks. */
function linkWords(links: Links | null): string {
  let words = "";
  for (const [name, url] of Object.entries(links ?? {})) {
    const more = [words, linkTo(name, url)].filter((part) => part !== "").join("  ·  ");
    if (more.length <= MAX_TEXT) words = more;
  }
  return words;
}

function linkTo(name: string, url: string | null | undefined): string {
  if (typeof url !== "string" || !URL.canParse(url)) return "";
  const { href, protocol } = new URL(url);
  const target = href.replaceAll("|", "%7C").replaceAll("<", "%3C").replaceAll(">", "%3E").replaceAll("&", "&amp;");
  const fits = /^https?:$/.test(protocol) && target.length <= MAX_URL;
  return fits ? `<${target}|${slackText(LABELS[name] ?? name, MAX_LABEL)}>` : "";
}

function iconOf({ state, severity }: Incident): string {
  if (state === "resolved" || state === "closed") return "🟢";
  return state === "acknowledged" ? "👀" : ICON[severity];
}
