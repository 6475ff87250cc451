/** Local midnights, found by asking what a calendar shows: nothing of the reports' own. */

const QUARTER_MS = 900_000;

/** As many days as are asked for and the midnight behind them, in microseconds. @param firstDay `2025-03-08` */
export function midnights(zone: string, firstDay: string, days: number): number[] {
  const calendar = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
  const found: number[] = [];
  let seen = "";
  for (let ms = Date.parse(`${firstDay}T00:00Z`) - 86_400_000; found.length <= days; ms += QUARTER_MS) {
    const date = calendar.format(ms);
    if (date !== seen && seen !== "" && date >= firstDay) found.push(ms * 1000);
    seen = date;
  }
  return found;
}
