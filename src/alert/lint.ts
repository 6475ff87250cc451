/** Lint: everything that is wrong or doubtful in a configuration, without starting anything. */
import type { AlertOptions, PlanContext } from "./options.ts";
import { readPlan } from "./plan-file.ts";
import { UNCHECKED } from "./secret-file.ts";
import type { Trouble } from "./troubles.ts";

/**
 * All troubles, in the order of reading. Without `context.secret` secrets are not looked up. Never throws.
 * @since 0.1.0
 */
export function lintAlerts(options: AlertOptions | unknown, context: PlanContext): readonly Trouble[] {
  return readPlan(options, { ...context, secret: context.secret ?? UNCHECKED }).troubles.list;
}
