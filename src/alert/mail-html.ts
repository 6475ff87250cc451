/**
 * The HTML part of a mail: tables and inline styles, which every mail program understands, no images, no scripts,
 * nothing from elsewhere. Colours for dark screens come with a style sheet that programs may ignore.
 *
 * Everything that is not fixed text goes through `escapeHtml`.
 */
import { escapeHtml as e } from "./html.ts";
import { type MailColour, mailColour, STYLE_SHEET } from "./mail-colours.ts";
import type { MailEvent, MailLink, MailOther, MailRow, MailView } from "./mail-view.ts";

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace";
const TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"';
const BAR_HEIGHT = 44;

export function mailHtml(view: MailView): string {
  const colour = mailColour(view);
  const sections = [
    head(view, colour),
    factTable([...view.facts, ...view.labels]),
    bars(view, colour),
    events(view.events),
    others(view),
    buttons(view.links, colour),
  ];
  return page(view, colour, sections.filter((section) => section !== "").join("\n"));
}

function page(view: MailView, colour: MailColour, content: string): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${e(view.subject)}</title>
<style>${STYLE_SHEET}</style></head>
<body class="page" style="margin:0;padding:0;background-color:#f2f4f7;-webkit-text-size-adjust:100%">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${e(view.message || view.summary)}</div>
<table ${TABLE} width="100%" class="page" bgcolor="#f2f4f7"><tr><td align="center" style="padding:20px 10px">
<!--[if mso]><table ${TABLE} width="600"><tr><td><![endif]-->
<table ${TABLE} width="100%" class="card" bgcolor="#ffffff" style="max-width:600px;background-color:#ffffff;border:1px solid #e4e7ec;border-radius:10px;border-collapse:separate;overflow:hidden;table-layout:fixed">
<tr><td bgcolor="${colour.strong}" height="5" style="height:5px;font-size:0;line-height:0;border-radius:9px 9px 0 0">&nbsp;</td></tr>
${content}
<tr><td style="height:20px;font-size:0;line-height:0">&nbsp;</td></tr>
</table>
<table ${TABLE} width="100%" style="max-width:600px"><tr><td class="dim" style="${FONT};padding:14px 24px 0;font-size:12px;line-height:18px;color:#667085">${view.footer.map(e).join("<br>")}</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table></body></html>
`;
}

function section(content: string, padding = "22px 24px 0"): string {
  return `<tr><td style="padding:${padding}">${content}</td></tr>`;
}

function head(view: MailView, colour: MailColour): string {
  const tag = `<span class="${colour.name}" style="${FONT};display:inline-block;font-size:11px;line-height:16px;font-weight:700;letter-spacing:.6px;color:${colour.strong};background-color:${colour.soft};padding:3px 9px;border-radius:20px">${e(view.tag)}</span>`;
  const title = `<h1 class="ink" style="${FONT};margin:12px 0 0;font-size:21px;line-height:28px;font-weight:650;color:#101828;word-break:break-word">${e(view.headline)}</h1>`;
  const summary = `<p class="text" style="${FONT};margin:6px 0 0;font-size:15px;line-height:22px;color:#475467;word-break:break-word">${e(view.summary)}</p>`;
  return section(tag + title + summary + quote(view.message, colour), "20px 24px 0");
}

function quote(message: string, colour: MailColour): string {
  if (message === "") return "";
  return `
<table ${TABLE} width="100%" style="margin-top:14px;table-layout:fixed"><tr><td width="3" bgcolor="${colour.strong}" style="width:3px;font-size:0">&nbsp;</td><td class="well ink" bgcolor="#f9fafb" style="${FONT};padding:10px 14px;font-size:15px;line-height:22px;color:#101828;background-color:#f9fafb;word-break:break-word">${e(message)}</td></tr></table>`;
}

function title(text: string): string {
  return `<p class="dim" style="${FONT};margin:0 0 8px;font-size:12px;line-height:16px;font-weight:600;color:#667085">${e(text)}</p>`;
}

function factTable(rows: readonly MailRow[]): string {
  if (rows.length === 0) return "";
  const cell = "padding:5px 0;font-size:14px;line-height:20px;vertical-align:top;word-break:break-word";
  const lines = rows.map(
    ({ name, value }) =>
      `<tr><td class="dim" width="92" style="${FONT};${cell};width:92px;padding-right:8px;color:#667085">${e(name)}</td><td class="ink" style="${FONT};${cell};color:#101828">${e(value)}</td></tr>`,
  );
  return section(`<table ${TABLE} width="100%" style="table-layout:fixed">${lines.join("\n")}</table>`, "16px 24px 0");
}

function bars({ bars, bars_span }: MailView, colour: MailColour): string {
  if (bars.length === 0) return "";
  const most = Math.max(1, ...bars);
  const cells = bars.map((bar) => {
    const height = bar > 0 ? Math.max(4, Math.round((bar / most) * BAR_HEIGHT)) : 2;
    const look = bar > 0 ? `bgcolor="${colour.strong}"` : 'class="line" bgcolor="#e4e7ec"';
    return `<td valign="bottom" style="padding:0 3px 0 0;vertical-align:bottom"><table ${TABLE} width="100%"><tr><td ${look} height="${height}" style="height:${height}px;font-size:0;line-height:0;border-radius:2px">&nbsp;</td></tr></table></td>`;
  });
  const row = `<table ${TABLE} width="100%" style="table-layout:fixed"><tr style="height:${BAR_HEIGHT}px">${cells.join("")}</tr></table>`;
  return section(title(`Events over ${bars_span}, at most ${most} in a bar`) + row);
}

function events(list: readonly MailEvent[]): string {
  if (list.length === 0) return "";
  return section(
    title(list.length === 1 ? "The event" : `The newest ${list.length} events`) + list.map(event).join("\n"),
  );
}

function event({ time, type, level, message, data }: MailEvent): string {
  const told = `<div class="dim" style="${FONT};font-size:12px;line-height:18px;color:#667085">${e(time)}</div>
<div class="ink" style="${FONT};margin-top:2px;font-size:14px;line-height:20px;color:#101828;word-break:break-word"><b>${e(level)}</b> ${e(type)}${message === "" ? "" : `<br>${e(message)}`}</div>`;
  const shown =
    data === null
      ? ""
      : `\n<pre class="well text" style="${MONO};margin:8px 0 0;padding:10px 12px;font-size:12px;line-height:17px;color:#344054;background-color:#f9fafb;border-radius:6px;white-space:pre-wrap;word-break:break-word">${e(data)}</pre>`;
  return `<table ${TABLE} width="100%" style="table-layout:fixed"><tr><td class="rule" style="padding:10px 0 12px;border-top:1px solid #e4e7ec">${told}${shown}</td></tr></table>`;
}

function others({ others, others_left }: MailView): string {
  if (others.length === 0) return "";
  const left =
    others_left > 0 ? `<p class="dim" style="${FONT};font-size:13px;color:#667085">… and ${others_left} more</p>` : "";
  return section(title("Incidents") + others.map(other).join("\n") + left);
}

function other({ tag, severity, headline, state, notices, total, url }: MailOther): string {
  const colour = mailColour({ occasion: "firing", severity });
  const name = url === null ? e(headline) : `<a href="${e(url)}" class="ink" style="color:#101828">${e(headline)}</a>`;
  return `<table ${TABLE} width="100%" style="table-layout:fixed"><tr><td class="rule" width="72" valign="top" style="width:72px;padding:11px 0;border-top:1px solid #e4e7ec"><span class="${colour.name}" style="${FONT};display:inline-block;font-size:11px;line-height:16px;font-weight:700;color:${colour.strong};background-color:${colour.soft};padding:2px 8px;border-radius:20px">${e(tag)}</span></td><td class="rule" style="${FONT};padding:10px 0;border-top:1px solid #e4e7ec;font-size:14px;line-height:20px;word-break:break-word"><b class="ink" style="color:#101828">${name}</b><br><span class="dim" style="font-size:13px;color:#667085">${e(state)} · events: ${total} · notices: ${notices}</span></td></tr></table>`;
}

/** Tables side by side: they fold into lines on a narrow screen, and Outlook gives their cells the padding. */
function buttons(links: readonly MailLink[], colour: MailColour): string {
  if (links.length === 0) return "";
  const all = links.map(({ text, url }, index) => {
    const first = index === 0;
    const cell = first
      ? `bgcolor="${colour.strong}" style="border-radius:6px;border:1px solid ${colour.strong};padding:8px 14px"`
      : 'class="button" style="border-radius:6px;border:1px solid #d0d5dd;padding:8px 14px"';
    return `<table ${TABLE} align="left" style="margin:0 8px 8px 0;border-collapse:separate"><tr><td ${cell}><a href="${e(url)}"${first ? "" : ' class="ink"'} style="${FONT};font-size:14px;line-height:18px;font-weight:600;text-decoration:none;white-space:nowrap;color:${first ? "#ffffff" : "#344054"}">${e(text)}</a></td></tr></table>`;
  });
  return section(all.join(""));
}
