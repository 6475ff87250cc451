/**
 * Incidents as people ask for them and act on them. Open ones are part of their group's record, closed ones have records of
 * their own; a list merges both.
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import { type Action, act } from "./act.ts";
import type { ListQuery, Page } from "./desk.ts";
import { type Group, groupOf, groupPrefix, groupToRecord } from "./group.ts";
import type { Incident, IncidentState } from "./incident.ts";
import { isBefore, limitOf, pageOf, placeOf } from "./record-page.ts";
import type { Rule } from "./rule.ts";
import { isBlank } from "./safe-text.ts";
import { incidentOf } from "./view.ts";

const OPEN_STATES: readonly IncidentState[] = ["pending", "firing", "acknowledged", "resolved"];
const INCIDENT_ID = /^([0-9a-f]{20})\.(\d{1,9})$/;
/** What can be done to a resolved one. */
const LATER: ReadonlySet<Action["kind"]> = new Set(["assign", "comment"]);
/** A group that changes under our hands is read again this often. */
const TRIES = 20;

type IncidentQuery = ListQuery<IncidentState> & { readonly rule?: string };

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export async function listIncidents(records: AlertRecords, query: IncidentQuery): Promise<Page<Incident>> {
  const limit = limitOf(query.limit);
  const after = placeOf(query.cursor);
  const wanted = query.states ?? [...OPEN_STATES, "closed"];
  const unknown = wanted.find((state) => state !== "closed" && !OPEN_STATES.includes(state));
  if (unknown !== undefined)
    throw invalid(`states: "${unknown}" must be one of ${[...OPEN_STATES, "closed"].join(", ")}`);
  const open = wanted.filter((state) => state !== "closed");
  const prefix = query.rule === undefined ? {} : { prefix: groupPrefix(query.rule) };
  const page = { limit: limit + 1, ...prefix, ...(after && { after }) };
  const [groups, closed] = await Promise.all([
    open.length > 0 ? records.list("groups", { ...page, states: open }) : [],
    wanted.includes("closed") ? records.list("incidents", page) : [],
  ]);
  const merged = [...groups, ...closed].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const result = pageOf(merged, limit, incidentIn);
  const items = result.items.filter((incident) => query.rule === undefined || incident.rule === query.rule);
  return { ...result, items };
}

function incidentIn(record: AlertRecord): Incident {
  if (record._id.includes(".")) return record.body as unknown as Incident;
  return incidentOf(groupOf(record)) as Incident;
}

export async function findIncident(records: AlertRecords, id: string): Promise<Incident | undefined> {
  const [, group] = INCIDENT_ID.exec(id) ?? [];
  if (group === undefined) return undefined;
  const [[open], [closed]] = await Promise.all([records.read("groups", [group]), records.read("incidents", [id])]);
  return (open && ofGroup(groupOf(open), id)) ?? (closed && incidentIn(closed));
}

/** Open, or just over and not yet written down. */
function ofGroup(group: Group, id: string): Incident | undefined {
  const open = incidentOf(group);
  if (open?.incident_id === id) return open;
  return group.retired.find(({ incident }) => incident.incident_id === id)?.incident;
}

interface ActAt {
  readonly rules: readonly Rule[];
  readonly nowMs: number;
}

/**
 * Does it where the incident is open; answers the incident as it is afterwards, and undefined where there is none of this id.
 * @throws EventStoreError `EVT_INVALID_OPTION` for what cannot be done any more: nothing would come of it, and it would look done
 */
export async function actOn(records: AlertRecords, id: string, action: Action, at: ActAt) {
  checkTexts(action);
  if (action.kind === "acknowledge" && (action.expiresMs ?? Number.POSITIVE_INFINITY) <= at.nowMs)
    throw invalid("expires_at: must lie in the future");
  const [, groupId] = INCIDENT_ID.exec(id) ?? [];
  if (groupId === undefined) return undefined;
  for (let tried = 0; tried < TRIES; tried++) {
    const [record] = await records.read("groups", [groupId]);
    const group = record && groupOf(record);
    if (!record || !group || incidentOf(group)?.incident_id !== id)
      return over(await findIncident(records, id), action);
    over(incidentOf(group) ?? undefined, action);
    const rule = at.rules.find((one) => one.id === group.rule);
    if (!rule) throw invalid(`id: the rule of incident ${id} is not there any more; it closes by itself`);
    const next = act(group, action, { rule, nowMs: at.nowMs });
    // Due at once: what it says next may have changed, and the leader works that out.
    const changed =
      next === group || (await records.write("groups", [groupToRecord(next, record.version + 1, at.nowMs)]))[0];
    if (changed) return ofGroup(next, id);
  }
  throw new EventStoreError("EVT_CONFLICT", `id: incident ${id} is being changed by others; try again`);
}

/** What nobody can do to an incident that is over; a comment or a name is still taken until it is closed. */
const CANNOT: Readonly<Record<Action["kind"], string>> = {
  acknowledge: "cannot be acknowledged: it is over, and nobody is told of it again",
  unacknowledge: "cannot be given back: it is over",
  resolve: "cannot be resolved: it is over already",
  assign: "cannot be assigned any more",
  comment: "takes no comments any more",
};

function over(incident: Incident | undefined, { kind }: Action): Incident | undefined {
  const isOver = incident?.state === "closed" || (incident?.state === "resolved" && !LATER.has(kind));
  if (incident && isOver)
    throw invalid(`id: incident ${incident.incident_id} is ${incident.state} and ${CANNOT[kind]}`);
  return incident;
}

function checkTexts(action: Action): void {
  if (typeof action.by !== "string" || isBlank(action.by)) throw invalid("by: must say who does it");
  if (action.comment !== undefined && typeof action.comment !== "string") throw invalid("comment: must be a text");
  if (action.kind === "comment" && isBlank(action.comment)) throw invalid("comment: must not be empty");
  if (action.kind === "assign" && action.assignee !== null && typeof action.assignee !== "string")
    throw invalid("assignee: must be a text, or null for nobody");
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
