/** The report by period against MADSci's answers over the same events. */
import { describe, expect, it } from "vitest";
import { type PeriodsOptions, periods } from "../../src/report/index.ts";
import { answerOf, differences, type Excuse, now, storeOf, unexcused, windowOf } from "./golden.ts";

const percentages = (why: string): readonly Excuse[] => [
  { at: /^\.(node|workcell)_summary\.\w+\.(average|peak)_utilization$/, within: 0.05, why },
  { at: /^\.time_series\.(nodes|workcells)\.\w+\[\d+\]\.utilization$/, within: 0.05, why },
];
const ROUNDED = percentages("Q29: MADSci rounds to one decimal before it goes on");
const NAMES: Excuse = {
  at: /^\.experiment_details\.experiments\[\d+\]\.experiment_name$/,
  why: "Q15: MADSci reads only one notation of the name",
};
const AUTHORS: Excuse = { at: /^\.user_utilization\./, why: "Q16" };
const WEEKLY: readonly Excuse[] = [
  { at: /^\.time_series\.\w+(\.\w+)?\[\d+\]\.(date|start_time)$/, why: "15.5: filled for every type" },
  { at: /^\.time_series\.system\[\d+\]\.start_time_utc$/, why: "15.5: weeks are clipped to the window too" },
  { at: /^\.time_series\.(system\[\d+\]|workcells\.\w+\[\d+\])\.active_time_hours$/, within: 0.005, why: "Q29" },
  { at: /^\.time_series\.system\[\d+\]\.utilization$/, within: 0.05, why: "Q29" },
  { at: /^\.key_metrics\.(average|peak)_utilization$/, within: 0.05, why: "Q29" },
];
/** Where no session was told MADSci has no runtime (Q7), so nothing but the experiments is as in its answer. */
const RUNTIME: readonly Excuse[] = [
  { at: /^\.key_metrics\.(average_utilization|peak_\w+|total_runtime_hours|total_active_time_hours)$/, why: "Q7" },
  { at: /^\.key_metrics\.active_periods$/, why: "Q30: periods with active time" },
  { at: /^\.time_series\.system\[\d+\]\.(utilization|runtime_hours|active_time_hours)$/, why: "Q7" },
  { at: /^\.(node_summary|time_series\.nodes)\{keys\}$/, why: "Q7" },
];
const FILLED = WEEKLY.slice(0, 1);
const NO_RUNTIME_WEEKLY = [...RUNTIME, ...WEEKLY.slice(0, 2)];

type Case = readonly [scenario: string, file: string, excuses: readonly Excuse[], options?: PeriodsOptions];
const utc = { timezone: "UTC" };
const a = "a-single-workcell-day";
const c = "c-no-start-events";
const e = "e-empty";
const i = "i-legacy-v06";

const CASES: readonly Case[] = [
  [a, "periods-daily.json", [...ROUNDED, NAMES]],
  [a, "periods-daily-utc.json", [...ROUNDED, NAMES], utc],
  [a, "periods-daily-with-users.intended.json", [...ROUNDED, NAMES]],
  [a, "periods-monthly.json", [...ROUNDED, NAMES]],
  [a, "periods-weekly.json", [...ROUNDED, NAMES, ...WEEKLY]],
  [i, "periods-daily.json", ROUNDED],
  [i, "periods-daily-utc.json", ROUNDED, utc],
  [i, "periods-daily-with-users.intended.json", [...ROUNDED, AUTHORS]],
  [i, "periods-monthly.json", ROUNDED],
  [i, "periods-weekly.json", [...ROUNDED, ...WEEKLY]],
  [c, "periods-daily.json", [...RUNTIME, NAMES]],
  [c, "periods-daily-utc.json", [...RUNTIME, NAMES], utc],
  [c, "periods-monthly.json", [...RUNTIME, NAMES]],
  [c, "periods-weekly.json", [...NO_RUNTIME_WEEKLY, NAMES]],
  [e, "periods-daily.json", RUNTIME],
  [e, "periods-daily-utc.json", RUNTIME, utc],
  [e, "periods-daily-with-users.intended.json", RUNTIME],
  [e, "periods-monthly.json", RUNTIME],
  [e, "periods-weekly.json", NO_RUNTIME_WEEKLY],
  [e, "periods-hourly.json", FILLED],
];

const TYPES = { d: "daily", w: "weekly", m: "monthly", h: "hourly" } as const;
const typeOf = (file: string) => TYPES[file.charAt("periods-".length) as keyof typeof TYPES];

describe("periods", () => {
  for (const [scenario, file, excuses, options] of CASES)
    it(`of ${scenario} equal MADSci's ${file}`, async () => {
      await using store = await storeOf(scenario);
      const asked = { analysisType: typeOf(file), includeUsers: file.includes("users"), ...options };
      const report = await periods(store, { ...windowOf(scenario), ...asked, now });
      const found = differences(JSON.parse(JSON.stringify(report)), answerOf(scenario, file));
      expect(unexcused(found, excuses)).toEqual([]);
    });

  it.each([a, c, i])("of %s begin, are called and count experiments as MADSci's hours do", async (scenario) => {
    await using store = await storeOf(scenario);
    const { time_series } = await periods(store, { ...windowOf(scenario), analysisType: "hourly", now });
    const seen = (row: (typeof time_series.system)[number]) => {
      const { period_number, period_type, period_display, start_time_utc, experiments } = row;
      return { period_number, period_type, period_display, start_time_utc, experiments };
    };
    expect(time_series.system.map(seen)).toEqual(
      answerOf(scenario, "periods-hourly.json").time_series.system.map(seen),
    );
  });
});
