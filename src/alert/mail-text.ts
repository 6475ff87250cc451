/** The text part of a mail: all there is, for people and programs that do not want HTML. */
import type { MailEvent, MailRow, MailView } from "./mail-view.ts";

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

export function mailText(view: MailView): string {
  const parts = [
    view.message === "" ? view.summary : `${view.summary}\n\n  ${view.message}`,
    rows([...view.facts, ...view.labels]),
    view.bars.length === 0 ? "" : `Events over ${view.bars_span}:  ${barsText(view.bars)}  (most: ${top(view.bars)})`,
    view.events.length === 0 ? "" : `${heading("Newest events")}\n${view.events.map(eventText).join("\n\n")}`,
    othersText(view),
    rows(view.links.map(({ text, url }) => ({ name: text, value: url }))),
    // The line mail programs know as the beginning of a signature.
    `-- \n${view.footer.join("\n")}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** One block per number, as high as its share of the largest; a dot for none. */
export function barsText(bars: readonly number[]): string {
  const most = top(bars);
  return bars.map((bar) => (bar > 0 ? BLOCKS[Math.ceil((bar / most) * BLOCKS.length) - 1] : "·")).join("");
}

function top(bars: readonly number[]): number {
  return Math.max(1, ...bars);
}

function heading(text: string): string {
  return `${text}\n${"-".repeat(text.length)}`;
}

function rows(list: readonly MailRow[]): string {
  const width = Math.max(0, ...list.map(({ name }) => name.length));
  return list.map(({ name, value }) => `  ${name.padEnd(width)}  ${value}`).join("\n");
}

function eventText({ time, type, level, message, data }: MailEvent): string {
  const lines = [`${time}  ${level}  ${type}`, message && `  ${message}`, data?.replace(/^/gm, "  ")];
  return lines.filter((line) => typeof line === "string" && line !== "").join("\n");
}

function othersText({ others, others_left }: MailView): string {
  if (others.length === 0) return "";
  const lines = others.map(({ tag, headline, state, notices, total, url }) => {
    const told = `  [${tag}] ${headline}: ${state}, events: ${total}, notices: ${notices}`;
    return url === null ? told : `${told}\n    ${url}`;
  });
  if (others_left > 0) lines.push(`  … and ${others_left} more`);
  return `${heading("Incidents")}\n${lines.join("\n")}`;
}
