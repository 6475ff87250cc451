/** Lint: everything that is wrong or doubtful in a configuration, without starting anything. */

import { isPlainObject } from "../event/selector/operand.ts";
import { alertRules, LAB_PACK } from "./lab-pack.ts";
import { MailTemplates } from "./mail-template.ts";
import { didYouMean } from "./nearest-word.ts";
import type { AlertOptions, PlanContext } from "./options.ts";
import { readPlan } from "./plan-file.ts";
import { UNCHECKED } from "./secret-file.ts";
import type { Trouble, Troubles } from "./troubles.ts";
import { KEYS_OF_KINDS } from "./when-file.ts";

/**
 * All troubles, in the order of reading. Without `context.secret` secrets are not looked up. Never throws.
 * @since 0.1.0
 */
export function lintAlerts(options: AlertOptions | unknown, context: PlanContext): readonly Trouble[] {
  const { troubles } = readPlan(options, { ...context, secret: context.secret ?? UNCHECKED });
  const { rules } = (options ?? {}) as { readonly rules?: unknown };
  for (const [i, rule] of (Array.isArray(rules) ? rules : []).entries())
    if (isPlainObject(rule)) doubtsOf(rule, { path: `rules[${i}]`, troubles });
  return troubles.list;
}

/**
 * Templates of mails: what cannot be parsed is an error, though it keeps nothing from starting; names nobody knows are
 * warnings. Never rejects.
 */
export async function lintTemplates(
  options: AlertOptions | unknown,
  context: PlanContext,
): Promise<readonly Trouble[]> {
  const { plan } = readPlan(options, { ...context, secret: context.secret ?? UNCHECKED });
  const templates = new MailTemplates(plan.templates, plan.timezone);
  const [broken, doubts] = [await templates.troubles(), await templates.doubts()];
  return [
    ...broken.map((trouble) => ({ ...trouble, level: "error" as const })),
    ...doubts.map((trouble) => ({ ...trouble, level: "warning" as const })),
  ];
}

/** Counters that rules of kind `ledger` may name: those of the store, of alerting, and of `serve`. */
export const KNOWN_COUNTERS = [
  ...["stored", "duplicates", "conflicts", "invalid", "unknown_types", "late", "future"],
  ...["max_late_ms", "max_future_ms", "repaired", "opaque", "pending"],
  ...["notifications_dead", "lag_ms", "marks_waiting", "breakers_open", "disk_used_percent"],
];

interface Place {
  readonly path: string;
  readonly troubles: Troubles;
}

/** What is right by itself, and yet hardly meant. */
function doubtsOf(rule: Readonly<Record<string, unknown>>, { path, troubles }: Place): void {
  const { id, kind, counter } = rule;
  if (kind === "ledger" && typeof counter === "string" && !KNOWN_COUNTERS.includes(counter))
    troubles.warning(
      `${path}.counter`,
      `nobody here counts ${counter}${didYouMean(counter, KNOWN_COUNTERS) || `; there are ${KNOWN_COUNTERS.join(", ")}`}`,
    );
  const ids = [...LAB_PACK, ...alertRules(0)].map((one) => one.id);
  const isChange = kind === undefined && Object.keys(rule).every((key) => !KEYS_OF_KINDS.has(key));
  if (typeof id === "string" && isChange && !ids.includes(id))
    troubles.warning(`${path}.id`, `no built-in rule is called ${id}${didYouMean(id, ids)}`);
}
