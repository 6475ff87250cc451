/** Made-up labs against what is true of their plans: every form of telling, through a real store. */
import { describe, expect, it } from "vitest";
import { EventStore } from "../../src/index.ts";
import {
  type PeriodsReport,
  periods,
  type SessionDetails,
  type SessionsReport,
  sessions,
  type UsersReport,
  users,
} from "../../src/report/index.ts";
import { seeded } from "../bench/events.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { eventsOf, FORMS, type FormName, iso } from "./scenario-events.ts";
import { type Plan, planOf } from "./scenario-plan.ts";
import { type Truth, truthOf } from "./scenario-truth.ts";

const ALL_FORMS = Object.keys(FORMS) as FormName[];
/** With FUZZ each of 300 labs in every form; else each in one of them. */
const LABS = Array.from({ length: process.env.FUZZ ? 300 : 2 * ALL_FORMS.length }, (_, seed) =>
  (process.env.FUZZ ? ALL_FORMS : [ALL_FORMS[seed % ALL_FORMS.length] as FormName]).map((form) => ({ form, seed })),
).flat();
const HOURS = 6; // decimals

const near = (hours: number) => expect.closeTo(hours, HOURS);

interface Where {
  readonly url?: string;
  readonly database?: string;
}

/** Stores what the lab tells, and holds all reports of it against the truth. */
async function check(form: FormName, seed: number, { url = "memory:", database }: Where = {}): Promise<void> {
  const whole = planOf(seed);
  await using store = await EventStore.open(url, { naiveTimezone: "UTC", database });
  const results = await store.append(eventsOf(whole, form, seed));
  expect(results.filter(({ status }) => status !== "stored")).toEqual([]);
  for (const plan of [whole, partOf(whole, seed)]) {
    const truth = truthOf(plan, form);
    const window = { from: BigInt(plan.from), to: BigInt(plan.to) };
    checkSessions(await sessions(store, window), truth);
    checkDays(await periods(store, { ...window, analysisType: "daily", timezone: plan.zone }), plan, truth);
    checkUsers(await users(store, window), truth);
  }
}

/** The same lab, looked at for a few hours that begin and end anywhere. */
function partOf(plan: Plan, seed: number): Plan {
  const random = seeded(seed + 2000);
  const from = plan.from + Math.floor(random() * (plan.to - plan.from));
  const to = from + 1 + Math.floor(random() ** 2 * (plan.to - from));
  return { ...plan, from, to, days: [from, ...plan.days.filter((day) => day > from && day < to), to] };
}

function trueSession({ id, start, end, before, endedBy, active, experiments }: Truth["sessions"][number]) {
  return {
    session_id: id,
    start_time: iso(start),
    end_time: iso(end),
    started_before_window: before,
    ended_by: endedBy,
    duration_hours: near((end - start) / 3.6e9),
    active_time_hours: near(active),
    experiments: [...experiments].sort(),
  };
}

function toldSession(told: SessionDetails) {
  const { session_id, start_time, end_time, started_before_window, ended_by, duration_hours, active_time_hours } = told;
  const experiments = told.experiment_details.map(({ experiment_id }) => experiment_id).sort();
  const head = { session_id, start_time, end_time, started_before_window, ended_by };
  return { ...head, duration_hours, active_time_hours, experiments };
}

/** Every node told of in a session is as the plan has it; one that was busy there is told of. */
function checkNodes(told: SessionDetails, truth: Truth["sessions"][number]): void {
  const listed = Object.keys(told.node_utilizations);
  expect(listed.filter((id) => !truth.nodes.has(id))).toEqual([]);
  for (const [id, { busy, up, error }] of truth.nodes) {
    const node = told.node_utilizations[id];
    if (node === undefined) expect(busy, id).toBeCloseTo(0, HOURS);
    else {
      const { busy_time_hours, up_time_hours, error_time_hours } = node;
      const wanted = { busy_time_hours: near(busy), up_time_hours: near(up), error_time_hours: near(error) };
      expect({ busy_time_hours, up_time_hours, error_time_hours }, id).toEqual(wanted);
    }
  }
}

function checkSessions(told: SessionsReport, truth: Truth): void {
  expect(told.report_metadata.skipped_events).toBe(0);
  expect(told.session_details.map(toldSession)).toEqual(truth.sessions.map(trueSession));
  for (const [n, session] of truth.sessions.entries()) checkNodes(told.session_details[n]!, session);
  expect(told.overall_summary).toMatchObject({
    total_system_runtime_hours: near(truth.unionHours),
    total_session_hours: near(truth.sumHours),
    total_active_time_hours: near(truth.activeHours),
    total_experiments: truth.experiments.size,
  });
  for (const [id, hours] of truth.busyHours)
    expect(told.overall_summary.node_summary[id]?.total_busy_time_hours ?? 0, id).toBeCloseTo(hours, HOURS);
}

function checkDays({ time_series, key_metrics }: PeriodsReport, plan: Plan, truth: Truth): void {
  const told = time_series.system.map((day) => {
    const { start_time_utc, runtime_hours, active_time_hours, experiments } = day;
    return { start_time_utc, runtime_hours, active_time_hours, experiments };
  });
  const wanted = truth.days.map(({ runtime, active, started }, n) => {
    const hours = { runtime_hours: near(runtime), active_time_hours: near(active) };
    return { start_time_utc: iso(plan.days[n]!), ...hours, experiments: started };
  });
  expect(told).toEqual(wanted);
  expect(key_metrics.total_experiments_active).toBe(truth.experiments.size);
}

function checkUsers({ user_utilization }: UsersReport, truth: Truth): void {
  const told = Object.values(user_utilization).map(({ author, workflows }) => {
    const rows = workflows.map(({ workflow_id, status, duration_hours: hours }) => [workflow_id, { status, hours }]);
    return [author, Object.fromEntries(rows)];
  });
  const wanted = [...truth.users].map(([author, workflows]) => {
    const rows = [...workflows].map(([id, { status, hours }]) => [id, { status, hours: hours && near(hours) }]);
    return [author, Object.fromEntries(rows)];
  });
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(wanted));
}

describe("a lab in memory", () => {
  it.each(LABS)("told of $form is what lab $seed was", ({ form, seed }) => check(form, seed));
});

describe.skipIf(mongoSkip)("a lab in MongoDB", () => {
  it.each([["nested", 6], ["current", 8], ...(process.env.FUZZ ? ([["mixed", 1]] as const) : [])] as const)(
    "told of %s is what lab %i was",
    async (form, seed) => {
      const database = newDatabase();
      await check(form, seed, { url: String(mongoUrl), database });
      await dropDatabase(database);
    },
  );
});
