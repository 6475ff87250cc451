/**
 * Pages behind the links of messages: one incident, and at most one button. Whole in themselves: no script, no
 * picture, nothing loaded from anywhere. Every value of an event is cleaned and escaped.
 */
import { createHash } from "node:crypto";
import type { LinkAction } from "../alert/desk.ts";
import { escapeHtml } from "../alert/html.ts";
import type { Incident, Sample } from "../alert/incident.ts";
import { otherLabels, placesOf } from "../alert/notice-places.ts";
import { headline } from "../alert/notice-words.ts";
import { oneLine } from "../alert/safe-text.ts";

const STYLE = `
:root{color-scheme:light dark;--bg:#eef1f5;--card:#fff;--ink:#1b2430;--soft:#5b6776;--line:#e0e5eb;--tint:#57606a}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1c222b;--ink:#e7ecf2;--soft:#9aa6b4;--line:#303945}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--bg);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:520px;background:var(--card);border:1px solid var(--line);border-top:6px solid var(--tint);
border-radius:10px;padding:28px;overflow-wrap:anywhere;box-shadow:0 6px 24px rgba(15,25,40,.08)}
.info{--tint:#2b6cb0}.warning{--tint:#b7791f}.error{--tint:#c53030}.critical{--tint:#97266d}.done{--tint:#2f855a}
.tag{display:inline-block;padding:2px 10px;border-radius:99px;background:var(--tint);color:#fff;font-size:13px;font-weight:600}
h1{margin:12px 0 4px;font-size:22px;line-height:1.3}
h2{margin:20px 0 4px;font-size:16px}.entry{padding-top:8px;border-top:1px solid var(--line);font-size:14px}
p{margin:8px 0}.soft{color:var(--soft);font-size:14px}
dl{margin:18px 0;display:grid;grid-template-columns:auto 1fr;gap:4px 16px;font-size:14px}dt{color:var(--soft)}dd{margin:0}
label{display:block;margin:18px 0 4px;font-size:14px;color:var(--soft)}
input{width:100%;padding:10px 12px;border:1px solid var(--line);border-radius:8px;background:var(--bg);color:inherit;font:inherit}
button{margin-top:14px;width:100%;padding:12px;border:0;border-radius:8px;background:#1f5fbf;color:#fff;font:inherit;
font-weight:600;cursor:pointer}
button:hover{background:#184c9a}button:focus-visible,input:focus-visible{outline:3px solid #6aa5ff;outline-offset:2px}
`;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** Headers of every page: nothing may run, be loaded, be framed, be kept, or learn the token from where people go next. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex, nofollow",
};

/** Longest message of an event that is shown. */
const MAX_TEXT = 500;
/** Longest name of who clicked. */
export const MAX_NAME = 200;

const ASKS = {
  acknowledge: {
    button: "Acknowledge",
    means: "Repeats and escalation stop until it gets worse.",
    done: "Acknowledged",
  },
  silence_1h: {
    button: "Silence for 1 hour",
    means: "No messages about this group for an hour; it is counted and shown all the same.",
    done: "Silenced for 1 hour",
  },
  silence_8h: {
    button: "Silence for 8 hours",
    means: "No messages about this group for eight hours; it is counted and shown all the same.",
    done: "Silenced for 8 hours",
  },
} as const satisfies Record<LinkAction, { button: string; means: string; done: string }>;

/** Asks for the click that does it. */
export function askPage(action: LinkAction, incident: Incident, token: string): string {
  const { button, means } = ASKS[action];
  return page(
    incident.severity,
    `${button}?`,
    `${head(incident)}<p>${means}</p>
<form method="post" action="act" autocomplete="on">
<input type="hidden" name="token" value="${escapeHtml(token)}">
<label for="by">Your name (shown to others)</label>
<input id="by" name="by" maxlength="${MAX_NAME}" autocomplete="name">
<button type="submit">${button}</button>
</form>${facts(incident)}`,
  );
}

/** Only shows it. */
export function incidentPage(incident: Incident): string {
  const { comments } = incident;
  const said = comments.map(({ at, by, text }) => entry(`${time(at)} · ${oneLine(by, MAX_NAME)}`, text));
  return page(
    incident.severity,
    "Incident",
    `${head(incident)}<p>${show(incident.reason)}</p>${facts(incident)}
<h2>Newest events</h2>${[...incident.samples].reverse().map(sampleEntry).join("")}
${comments.length > 0 ? `<h2>Comments</h2>${said.join("")}` : ""}`,
  );
}

function sampleEntry({ received_at, event_type, _id, message }: Sample): string {
  return entry(`${time(received_at)} · ${oneLine(event_type, MAX_NAME)} · ${oneLine(_id, MAX_NAME)}`, message);
}

function entry(about: string, text: string): string {
  return `<p class="entry"><span class="soft">${escapeHtml(about)}</span><br>${escapeHtml(oneLine(text, MAX_TEXT))}</p>`;
}

/** Tells how things are now. */
export function donePage(action: LinkAction, incident: Incident): string {
  const { done, means } = ASKS[action];
  const over = action === "acknowledge" && (incident.state === "resolved" || incident.state === "closed");
  const [title, words] = over ? ["It is over already", "There is nothing to acknowledge any more."] : [done, means];
  return page("done", title, `${head(incident, `✓ ${title}`)}<p>${words}</p>${facts(incident)}`);
}

/** For a link that is forged, too old, or about an incident that is gone. */
export function refusedPage(): string {
  return page(
    "",
    "This link does not work",
    `<h1>This link does not work</h1>
<p>It is too old, its incident is gone, or it was changed on its way. Nothing has been done.</p>
<p class="soft">A newer message about the incident has a link that works; so do the command line and the API.</p>`,
  );
}

/** For what alerts refuse, in their words. */
export function deniedPage(reason: string): string {
  const words = `<p>${escapeHtml(reason)}. The command line and the API can do it in another form.</p>`;
  return page("", "Nothing has been done", `<h1>Nothing has been done</h1>\n${words}`);
}

/** For a name nobody can be shown, or a form that is not ours. */
export function wrongPage(): string {
  return page(
    "",
    "Nothing has been done",
    `<h1>Nothing has been done</h1>
<p>A name has at most ${MAX_NAME} characters and no control characters. Go back and try another one.</p>`,
  );
}

function head(incident: Incident, tag: string = incident.severity): string {
  const of = incident.total === 1 ? "1 event" : `${incident.total} events`;
  return `<p><span class="tag">${tag}</span></p>
<h1>${escapeHtml(headline(incident))}</h1>
<p class="soft">${tag === incident.severity ? "" : `${incident.severity} · `}${incident.state} · ${of} · rule ${show(incident.rule)}</p>`;
}

function facts(incident: Incident): string {
  const rows: [string, string | null][] = [
    ...placesOf(incident).map(({ kind, name, id }): [string, string | null] => [kind, name ?? id]),
    ...otherLabels(incident).map(({ name, value }): [string, string | null] => [name, value]),
    ["first event", time(incident.first_at)],
    ["last event", time(incident.last_at)],
    ["acknowledged by", incident.acknowledged_by],
    ["assignee", incident.assignee],
    ["incident", incident.incident_id],
  ];
  const shown = rows.map(([name, value]) => (value === null ? "" : `<dt>${show(name)}</dt><dd>${show(value)}</dd>`));
  return `<dl>${shown.join("")}</dl>`;
}

/** `2026-01-01 10:00:00 UTC` */
function time(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}

function show(text: string): string {
  return escapeHtml(oneLine(text, MAX_NAME));
}

function page(tint: string, title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main class="${tint}">
${body}
</main>
</body>
</html>
`;
}
