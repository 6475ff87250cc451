/**
 * act: what people do to an incident. Pure. Texts are cleaned of control characters and cut; of more than 100 comments
 * the oldest go. Tick the group afterwards: what it says next may have changed.
 */
import type { Group } from "./group.ts";
import type { Comment } from "./incident.ts";
import { resolve } from "./life.ts";
import type { Live } from "./live.ts";
import { cutText } from "./redact.ts";
import { ruleFor } from "./role-rule.ts";
import type { Rule } from "./rule.ts";
import { visible } from "./safe-text.ts";
import { isLive } from "./say.ts";
import { isOpen, type Open } from "./view.ts";
import { isoOf } from "./words.ts";

export type Action =
  | { readonly kind: "acknowledge"; readonly by: string; readonly comment?: string; readonly expiresMs?: number | null }
  | { readonly kind: "unacknowledge"; readonly by: string; readonly comment?: string }
  | { readonly kind: "resolve"; readonly by: string; readonly comment?: string }
  | { readonly kind: "assign"; readonly by: string; readonly comment?: string; readonly assignee: string | null }
  | { readonly kind: "comment"; readonly by: string; readonly comment: string };

const MAX_COMMENTS = 100;
const COMMENT_CHARS = 2000;
const NAME_CHARS = 200;

/** The same group where the action does not apply: no incident, or one that is over. */
export function act(group: Group, action: Action, at: { readonly rule: Rule; readonly nowMs: number }): Group {
  if (!isOpen(group)) return group;
  const changed = changedBy(group, action, at);
  const commented = isOpen(changed) ? withComment(changed, action, at.nowMs) : changed;
  return commented === group ? group : { ...commented, updatedMs: at.nowMs };
}

function changedBy(group: Open, action: Action, at: { readonly rule: Rule; readonly nowMs: number }): Group {
  const by = clean(action.by, NAME_CHARS);
  switch (action.kind) {
    case "acknowledge":
      return isLive(group) ? acknowledged(group, { by, atMs: at.nowMs, expiresMs: action.expiresMs ?? null }) : group;
    case "unacknowledge":
      return unacknowledged(group);
    case "resolve": {
      if (!isLive(group)) return group;
      const noted = withComment(group, action, at.nowMs);
      return resolve(noted, ruleFor(at.rule, group), { atMs: at.nowMs, reason: `resolved by ${by}` });
    }
    case "assign": {
      const assignee = action.assignee === null ? null : clean(action.assignee, NAME_CHARS) || null;
      return group.incident.assignee === assignee ? group : withLive(group, { assignee });
    }
    case "comment":
      return group;
  }
}

function acknowledged(group: Open, acknowledgement: NonNullable<Live["acknowledged"]>): Group {
  const state = group.incident.state === "pending" ? "pending" : "acknowledged";
  const reason = `acknowledged by ${acknowledgement.by}`;
  return withLive(group, { acknowledged: acknowledgement, state, reason });
}

function unacknowledged(group: Open): Group {
  const live = group.incident;
  if (live.acknowledged === null) return group;
  return withLive(group, { acknowledged: null, state: live.state === "acknowledged" ? "firing" : live.state });
}

function withLive(group: Open, change: Partial<Live>): Open {
  return { ...group, incident: { ...group.incident, ...change } };
}

function withComment(group: Open, action: Action, nowMs: number): Open {
  const text = clean(action.comment ?? "", COMMENT_CHARS);
  const comment: Comment = { at: isoOf(nowMs), by: clean(action.by, NAME_CHARS), text };
  const { comments } = group.incident;
  const last = comments.at(-1);
  // Resolving notes its comment before the incident leaves the group; it is not noted again behind that.
  if (text === "" || (last && last.at === comment.at && last.by === comment.by && last.text === text)) return group;
  return withLive(group, { comments: [...comments, comment].slice(-MAX_COMMENTS) });
}

/** No control characters except line ends, nothing that nobody can see, no half characters. */
function clean(text: string, chars: number): string {
  const plain = text
    .replace(/\r\n?/g, "\n")
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, " ");
  return cutText(visible(plain).toWellFormed().trim(), chars);
}
