/** What may be a mistake in a silence: what alerts say of it, and a selector that matches nothing that is going on. */
import { incidentCondition } from "../alert/condition-file.ts";
import type { SilenceMade } from "../alert/desk.ts";
import { Field } from "../alert/field.ts";
import type { Group } from "../alert/group.ts";
import type { Incident } from "../alert/incident.ts";
import type { Condition } from "../alert/rule.ts";
import { Troubles } from "../alert/troubles.ts";
import { selectable } from "../alert/view.ts";
import { zoneReader } from "../event/zone.ts";
import type { Alerts } from "./alerts-access.ts";

const GOING_ON = ["pending", "firing", "acknowledged"] as const;
/** As many as one page holds; what lies beyond is not looked at. */
const MOST = 1000;

/** In words. Asks for what is going on, and changes nothing. */
export async function silenceHints(made: SilenceMade, alerts: Pick<Alerts, "incidents">): Promise<string[]> {
  const warnings = (made.warnings ?? []).map((message) => `--selector: ${message}`);
  const context = { naiveTimezone: "UTC", zone: zoneReader("UTC") };
  const condition = incidentCondition(new Field(made.selector, "--selector", new Troubles()), context);
  if (condition === undefined) return warnings;
  const { items, cursor } = await alerts.incidents({ states: GOING_ON, limit: MOST });
  if (cursor !== null || items.some((incident) => concerns(condition, incident))) return warnings;
  return [...warnings, "the silence matches no incident now; it is kept for those to come"];
}

/** As the engine looks at it: what it sees of an incident is what people see. */
function concerns({ matches }: Condition, { rule, labels, severity, state, samples }: Incident): boolean {
  const group = { rule, labels } as Group;
  return matches(selectable(group, { severity, state, newest: samples, first: null } as never));
}
