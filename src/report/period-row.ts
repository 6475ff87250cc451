/** What every row of a series by period begins with. */
import type { Bucket } from "./calendar.ts";
import type { SystemPeriod } from "./periods-shape.ts";

type Head = Pick<SystemPeriod, "period_number" | "period_type" | "period_display" | "date">;

export function rowHead({ type, display, date }: Bucket, index: number): Head {
  return { period_number: index + 1, period_type: type, period_display: display, date };
}
