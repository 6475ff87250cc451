/**
 * redeem: what the action link of a message asks for, done once however often it is asked.
 *
 * What a link can do is in its token (links.ts): acknowledge one incident, or silence its group for some hours.
 */
import { EventStoreError } from "../errors.ts";
import type { AlertDesk, LinkAction, Redeemed } from "./desk.ts";
import { ROLE_LABEL } from "./group.ts";
import type { Incident, Silence } from "./incident.ts";
import { LINK_ACTIONS, readToken } from "./links.ts";

interface RedeemContext {
  readonly desk: Pick<AlertDesk, "incident" | "acknowledge" | "silences" | "silence">;
  /** As `linkSecret` gives it. */
  readonly secret: string;
  readonly nowMs: number;
}

interface RedeemOptions {
  /** Only tell what would be done. */
  readonly dry: boolean;
  /** Who clicked, in their own words. @default "a link in a message" */
  readonly by?: string;
}

/** Two clicks within this time are one. */
const SAME_CLICK_MS = 60_000;
/** Silences that are looked through for one that does it already. */
const MAX_LOOK = 1000;
/** States in which nobody works on it, as far as we know. */
const LIVE: ReadonlySet<string> = new Set(["pending", "firing"]);
const OVER: ReadonlySet<string> = new Set(["resolved", "closed"]);
const SOMEBODY = "a link in a message";

/**
 * @returns undefined where the token is forged or expired, or its incident is gone
 * @throws EventStoreError `EVT_INVALID_OPTION` where somebody has ended the silence it began
 */
export async function redeem(context: RedeemContext, token: string, options: RedeemOptions) {
  const claim = readToken(context.secret, token, context.nowMs);
  const incident = claim && (await context.desk.incident(claim.incident_id));
  if (claim === undefined || incident === undefined) return undefined;
  const { action } = claim;
  const done = await isDone(context, action, incident);
  if (!done && !options.dry) await refuseTakenBack(context, action, incident);
  if (done || options.dry) return { action, incident, done } satisfies Redeemed;
  return act(context, { action, incident, by: options.by ?? SOMEBODY });
}

async function isDone({ desk, nowMs }: RedeemContext, action: LinkAction, incident: Incident): Promise<boolean> {
  const quietMs = LINK_ACTIONS[action];
  if (quietMs === null)
    return !LIVE.has(incident.state) || (incident.state === "pending" && incident.acknowledged_by !== null);
  const { items } = await desk.silences({ states: ["active"], limit: MAX_LOOK });
  const untilMs = nowMs + quietMs - SAME_CLICK_MS;
  return items.some((silence) => covers(silence, incident, untilMs));
}

/**
 * What this link began and a person has ended stays ended while it would have lasted: a second click is no second order.
 * @throws EventStoreError `EVT_INVALID_OPTION`
 */
async function refuseTakenBack({ desk, nowMs }: RedeemContext, action: LinkAction, incident: Incident): Promise<void> {
  const quietMs = LINK_ACTIONS[action];
  if (quietMs === null) return;
  const { items } = await desk.silences({ states: ["expired"], limit: MAX_LOOK });
  const taken = items.find(({ selector, comment, starts_at, ends_at }) => {
    const endMs = Date.parse(starts_at) + quietMs;
    const isOurs = comment === commentOf(incident) && textOf(selector) === textOf(groupSelector(incident));
    return isOurs && Date.parse(ends_at) < endMs && nowMs < endMs;
  });
  if (taken === undefined) return;
  const words = `somebody has ended the silence of this link at ${taken.ends_at}, and a link works once`;
  throw new EventStoreError("EVT_INVALID_OPTION", words);
}

function commentOf({ incident_id }: Incident): string {
  return `By the link of incident ${incident_id}`;
}

/** A silence made for exactly this group, always on, that ends late enough. */
function covers({ selector, ends_at, weekly }: Silence, incident: Incident, untilMs: number): boolean {
  if (weekly !== null || Date.parse(ends_at) < untilMs) return false;
  return textOf(selector) === textOf(groupSelector(incident));
}

function textOf(selector: object): string {
  return JSON.stringify(Object.entries(selector).sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Order {
  readonly action: LinkAction;
  readonly incident: Incident;
  readonly by: string;
}

async function act({ desk, nowMs }: RedeemContext, { action, incident, by }: Order): Promise<Redeemed | undefined> {
  const id = incident.incident_id;
  const quietMs = LINK_ACTIONS[action];
  if (quietMs === null) {
    const after = await desk.acknowledge(id, { by }).catch(async (error) => {
      const now = await desk.incident(id);
      if (now && OVER.has(now.state)) return now; // while we asked
      throw error;
    });
    return after && { action, incident: after, done: true };
  }
  const comment = commentOf(incident);
  await desk.silence({ selector: groupSelector(incident), ends_at: nowMs + quietMs, author: by, comment });
  return { action, incident: (await desk.incident(id)) ?? incident, done: true };
}

/** A silence's selector for the incidents of the same rule and group, and not of the rule's storms and overflows. */
export function groupSelector({ rule, labels }: Incident): Record<string, string | null> {
  const selector: Record<string, string | null> = { rule, [`labels.${ROLE_LABEL}`]: null };
  for (const [path, value] of Object.entries(labels)) if (path !== "rule") selector[`labels.${path}`] = value;
  return selector;
}
