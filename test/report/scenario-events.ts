/** A plan as events: in each of the forms emitters write, timestamps in every notation, in no order. */
import type { Activity } from "../../src/event/activity.ts";
import type { EventInput } from "../../src/event/event.ts";
import type { Json } from "../../src/event/json.ts";
import { seeded } from "../bench/events.ts";
import { asCurrent, double, nest, wrap } from "./forms.ts";
import type { Plan, PlannedExperiment, PlannedNode, PlannedWorkcell, PlannedWorkflow } from "./scenario-plan.ts";

type Fields = Readonly<Record<string, Json>>;

/** The server of a workcell tells its start itself, in whatever form its other events come. */
const servers = (form: (activity: Activity) => Activity) => (activity: Activity) =>
  activity.event_type === "workcell_start" ? double(activity) : [form(activity)];

type Form = (activity: Activity, n: number) => Activity[];

const typed: Form = (activity) => [activity];
const wrapped: Form = servers(wrap);
const nested: Form = (activity) => [nest(activity)];
const MIXED = [typed, wrapped, nested, double];
const mixed: Form = (activity, n) => MIXED[n % MIXED.length]!(activity, n);

export const FORMS = { typed, wrapped, nested, twice: double, current: asCurrent, mixed } satisfies Record<
  string,
  Form
>;

export type FormName = keyof typeof FORMS;

/** Ids tell nothing of the order in time. */
export function eventsOf(plan: Plan, form: FormName, seed: number): EventInput[] {
  const random = seeded(seed + 1000);
  const told = factsOf(plan).flatMap((fact, n) => FORMS[form](fact, n));
  const drawn = told.map((activity) => ({ activity, lot: random() })).sort((a, b) => a.lot - b.lot);
  return drawn.map(({ activity: { instant, ...event } }, n) => ({
    ...event,
    _id: `event ${n}`,
    event_timestamp: NOTATIONS[Math.floor(random() * NOTATIONS.length)]!(Number(instant)),
  }));
}

/** Naive ones are UTC. */
const NOTATIONS: readonly ((at: number) => string)[] = [
  (at) => iso(at),
  (at) => `${iso(at)}Z`,
  (at) => `${iso(at + 2 * 3.6e9)}+02:00`,
  (at) => `${iso(at - 5.5 * 3.6e9)}-05:30`,
  (at) => `${iso(at).replace("T", " ")}Z`,
];

/** Without zeros behind the seconds. */
export function iso(at: number): string {
  const micros = ((at % 1e6) + 1e6) % 1e6;
  const text = new Date((at - micros) / 1000).toISOString().slice(0, 19);
  return micros === 0 ? text : `${text}.${String(micros).padStart(6, "0")}`;
}

const fact = (
  at: number,
  event_type: string,
  source: Activity["source"],
  event_data: Fields,
  log_level = 20,
): Activity => ({
  _id: "",
  instant: BigInt(at),
  event_type,
  log_level,
  source,
  event_data,
});

const sourceOf = (workcell: PlannedWorkcell | null): Activity["source"] =>
  workcell === null ? {} : { workcell_id: workcell.id, manager_id: workcell.id };

function factsOf(plan: Plan): Activity[] {
  return [
    ...plan.workcells.flatMap(workcellFacts),
    ...plan.nodes.flatMap(nodeFacts),
    ...plan.experiments.flatMap(experimentFacts),
    ...plan.workflows.flatMap(workflowFacts),
  ];
}

function workcellFacts(workcell: PlannedWorkcell): Activity[] {
  const source = sourceOf(workcell);
  const nodes = Object.fromEntries(workcell.nodes.map((name) => [name, `http://${name}:2000`]));
  return workcell.sessions.flatMap(({ start, end }) => [
    fact(start, "workcell_start", source, { name: workcell.name, manager_id: workcell.id, nodes }),
    ...(end === null ? [] : [fact(end, "workcell_stop", source, { manager_id: workcell.id })]),
  ]);
}

function nodeFacts(node: PlannedNode): Activity[] {
  if (node.byEngine) return engineFacts(node);
  const { id: node_id, name: node_name, starts, stops, errors, actions } = node;
  const source = { node_id };
  const change = (at: number, action_id: string, status: string) =>
    fact(at, "action_status_change", source, { action_id, status });
  return [
    ...starts.map((at) => fact(at, "node_start", source, { node_id, node_name })),
    ...stops.map((at) => fact(at, "node_stop", source, { node_name })),
    ...errors.map((at) => fact(at, "node_error", source, { message: "stuck" }, 40)),
    ...actions.flatMap(({ id, start, end, succeeds }) => [
      change(start, id, "running"),
      ...(end === null ? [] : [change(end, id, succeeds ? "succeeded" : "failed")]),
    ]),
  ];
}

function engineFacts({ name: node_name, workcells, actions }: PlannedNode): Activity[] {
  const source = sourceOf(workcells[0] ?? null);
  return actions.flatMap(({ id: action_id, start, end, succeeds }) => {
    const fields = { action_id, node_name, action_name: "aspirate" };
    const close = (at: number) => fact(at, succeeds ? "action_complete" : "action_failed", source, fields);
    return [fact(start, "action_start", source, fields), ...(end === null ? [] : [close(end)])];
  });
}

function experimentFacts({ id, name, workcell, runs }: PlannedExperiment): Activity[] {
  const source = { ...sourceOf(workcell), experiment_id: id };
  const said = (at: number, step: string) => {
    const experiment = { experiment_id: id, run_name: "run 1", experiment_design: { experiment_name: name } };
    return fact(at, `experiment_${step}`, source, { experiment });
  };
  return runs.flatMap(({ pieces, how }) =>
    pieces.flatMap(({ start, end }, n) => [
      said(start, n === 0 ? "start" : "continued"),
      ...(end === null ? [] : [said(end, n < pieces.length - 1 ? "pause" : how)]),
    ]),
  );
}

/** Only at its submission is it known for which experiment it is. */
function workflowFacts({ id, author, workcell, experiment, ...times }: PlannedWorkflow): Activity[] {
  const { submitted, start, end, status } = times;
  const source = sourceOf(workcell);
  const fields = { workflow_id: id, name: `workflow of ${author}`, definition_metadata: { author } };
  const owner = experiment === null ? {} : { experiment_id: experiment.id };
  const begun = fact(submitted, "workflow_start", { ...source, ...owner }, fields);
  if (end === null) return [begun];
  const seconds = (end - start) / 1e6;
  const [words, marks] = [status, { completed: false, failed: false, cancelled: false, [status]: true }];
  const length = { duration_seconds: seconds, start_time: iso(start), end_time: iso(end) };
  const more = { ...fields, ...length, author, status: seconds % 2 === 0 ? words : marks };
  return [begun, fact(end, "workflow_complete", source, more)];
}
