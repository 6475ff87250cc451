/**
 * Notification → the few facts that short messages (chat, pager, the `text` of a webhook) show, as plain one-line texts
 * made of notice-words.ts. Escaping is the business of each message's own form.
 */
import type { Incident, Sample } from "./incident.ts";
import { newestSample, otherLabels, type Place, type PlaceKind, placeOf, placesOf } from "./notice-places.ts";
import { eventMs, type TimeWords, timeWords } from "./notice-times.ts";
import { countWords, plural, SEVERITY_TAG, stateWords, subjectLine, summary, topic, whyWords } from "./notice-words.ts";
import type { Notice, Notification } from "./notification.ts";
import { oneLine } from "./safe-text.ts";

export interface Brief {
  /** `[CRIT] node_error on pf400 ×7 – workcell rpl-1` */
  readonly title: string;
  readonly summary: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  /** Newest first. */
  readonly events: readonly { readonly at: string; readonly type: string; readonly message: string }[];
  /** One line for each, and one for those beyond the first ten. */
  readonly others: readonly string[];
  /** Why one gets it, and when the next one comes. */
  readonly footer: string;
}

const MAX_VALUE = 200;
const MAX_MESSAGE = 400;
const MAX_TYPE = 60;
const MAX_FACTS = 10;
const MAX_EVENTS = 3;
const MAX_OTHERS = 10;

export function briefOf({ notice, created_at }: Notification, timezone: string): Brief {
  const { incident } = notice;
  const words = timeWords(timezone);
  return {
    title: subjectLine(notice),
    summary: summary(notice, created_at),
    facts: factsOf(incident, words),
    events: [...incident.samples]
      .slice(-MAX_EVENTS)
      .reverse()
      .map((sample) => eventOf(sample, words, timezone)),
    others: othersOf(notice),
    footer: footerOf(notice),
  };
}

/** The whole brief as plain text. */
export function briefText({ title, summary, events, others, footer }: Brief): string {
  return [title, summary, ...events.map(eventLine), ...others, footer].join("\n");
}

export function eventLine({ at, type, message }: Brief["events"][number]): string {
  return `${at}  ${type}  ${message}`.trimEnd();
}

/** Type of the newest event, or the rule where no event is kept. */
export function eventTypeOf(incident: Incident): string {
  return oneLine(newestSample(incident)?.event_type ?? incident.rule, MAX_TYPE);
}

/** Where it happened, for people: the name, else the id; null where it is not known. */
export function placeName(incident: Incident, kind: PlaceKind): string | null {
  const { name, id } = placeOf(incident, kind);
  return name ?? id;
}

/** What it is, where, and how it stands; places and labels give way where there are too many. */
function factsOf(incident: Incident, words: TimeWords): Brief["facts"] {
  const fixed = [
    { name: "state", value: stateWords(incident) },
    { name: "events", value: countWords(incident) },
    { name: "rule", value: oneLine(incident.rule, MAX_VALUE) },
    { name: "severity", value: incident.severity },
    { name: "first event", value: words(Date.parse(incident.first_at)) },
    { name: "last event", value: words(Date.parse(incident.last_at)) },
  ];
  const where = [...placesOf(incident).map(placeFact), ...otherLabels(incident)];
  return [...where.slice(0, MAX_FACTS - fixed.length), ...fixed];
}

function placeFact({ kind, name, id }: Place): { name: string; value: string } {
  return { name: kind, value: name !== null && id !== null && name !== id ? `${name} (${id})` : (name ?? id ?? "") };
}

const eventOf = (sample: Sample, words: TimeWords, timezone: string) => ({
  at: words(eventMs(sample, timezone)),
  type: oneLine(sample.event_type, MAX_TYPE),
  message: oneLine(sample.message, MAX_MESSAGE),
});

function othersOf({ others }: Notice): string[] {
  const lines = others.slice(0, MAX_OTHERS).map(({ incident, notices }) => {
    const what = `${SEVERITY_TAG[incident.severity]} ${topic(incident)} (rule ${oneLine(incident.rule, MAX_TYPE)})`;
    return `${what}: ${stateWords(incident)}, ${plural(notices, "notice")}`;
  });
  return others.length > MAX_OTHERS ? [...lines, `and ${others.length - MAX_OTHERS} more`] : lines;
}

function footerOf(notice: Notice): string {
  const next = oneLine(notice.next ?? "", MAX_VALUE);
  return next === "" ? whyWords(notice) : `${whyWords(notice)} ${next.charAt(0).toUpperCase()}${next.slice(1)}.`;
}
