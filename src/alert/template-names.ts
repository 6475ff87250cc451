/** The names templates of mails know, and a look for those nobody knows. schema/alerting.md says what they hold. */
import type { Incident } from "./incident.ts";
import type { MailView } from "./mail-view.ts";
import { didYouMean } from "./nearest-word.ts";

type Known<Names extends PropertyKey> = { readonly [name in Names]: true };

const OF_MAILS: Known<keyof MailView | "incident" | "receiver"> = {
  ...{ subject: true, occasion: true, severity: true, tag: true, headline: true, summary: true, message: true },
  ...{ facts: true, labels: true, bars: true, bars_span: true, events: true, others: true, others_left: true },
  ...{ links: true, footer: true, incident: true, receiver: true },
};
const OF_INCIDENTS: Known<keyof Incident> = {
  ...{ incident_id: true, rule: true, state: true, severity: true, labels: true, opened_at: true, first_at: true },
  ...{ last_at: true, resolved_at: true, closed_at: true, total: true, since_notice: true, sparkline: true },
  ...{ samples: true, sequence: true, last_notice_at: true, next_notice_at: true, reason: true },
  ...{ acknowledged_by: true, acknowledged_at: true, acknowledge_expires_at: true, assignee: true, comments: true },
  ...{ silenced_by: true, inhibited_by: true, flapping: true, storm: true },
};
export const TEMPLATE_NAMES: readonly string[] = Object.keys(OF_MAILS);
const FIELDS: readonly string[] = Object.keys(OF_INCIDENTS);

/** In words, one for each name that is always empty. @param paths of variables, each by its parts, as liquidjs finds them */
export function unknownNames(paths: readonly (readonly unknown[])[]): string[] {
  const words = paths.flatMap(([name, field]) => {
    if (typeof name !== "string") return [];
    if (!TEMPLATE_NAMES.includes(name)) return unknown(name, name, TEMPLATE_NAMES);
    if (name !== "incident" || typeof field !== "string" || FIELDS.includes(field)) return [];
    return unknown(`incident.${field}`, field, FIELDS);
  });
  return [...new Set(words)];
}

function unknown(written: string, name: string, known: readonly string[]): string {
  return `there is no ${written.slice(0, 80)}, so nothing stands there${didYouMean(name, known)}`;
}
