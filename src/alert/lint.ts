/** Lint: everything that is wrong or doubtful in a configuration, without starting anything. */
import { MailTemplates, type TemplateTrouble } from "./mail-template.ts";
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

/** Templates of mails that cannot be parsed; these keep nothing from starting. Never rejects. */
export async function lintTemplates(
  options: AlertOptions | unknown,
  context: PlanContext,
): Promise<readonly TemplateTrouble[]> {
  const { plan } = readPlan(options, { ...context, secret: context.secret ?? UNCHECKED });
  return new MailTemplates(plan.templates, plan.timezone).troubles();
}
