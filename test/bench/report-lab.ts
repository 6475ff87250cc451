/**
 * A lab at work, as its events: three workcells of four nodes, 223 workflows a day of three steps each, and log lines. The
 * first workcell's programs write as MADSci 0.6 did (typed events), the others as 0.7 does (types within log lines, each
 * transition told twice).
 */
import type { EventInput } from "../../src/event/event.ts";
import { seeded, ulidOf } from "./events.ts";

export const LAB_START_MS = Date.UTC(2025, 0, 1);
/** 203 091 events make 30 days, as in the measurements of MADSci. */
const EVENTS_PER_DAY = 203_091 / 30;
const WORKFLOWS_PER_DAY = 223;
const DAY_MS = 86_400_000;
const NAMES = ["pf400", "ot2", "reader", "sealer"];
const AUTHORS = ["ada", "grace", "mary", "rosalind", "lise", "barbara", null];
const STEP = [
  "workflow_step_start",
  "action_start",
  "running",
  "succeeded",
  "action_complete",
  "workflow_step_complete",
];

/** The rest of a workflow's dump, of which no report reads anything. */
const STEPS = NAMES.map((node) => ({
  name: `step on ${node}`,
  node,
  action: "transfer",
  args: { volume: 50 },
  files: {},
}));

type Draft = Omit<EventInput, "_id" | "event_timestamp"> & { readonly ms: number };
type Fields = Readonly<Record<string, unknown>>;

interface Node {
  readonly node_id: string;
  readonly node_name: string;
}

class Workcell {
  readonly id: string;
  readonly name: string;
  readonly isOld: boolean;
  readonly nodes: readonly Node[];

  constructor(n: number) {
    this.id = ulidOf(LAB_START_MS - 4, n);
    this.name = `workcell ${n}`;
    this.isOld = n === 0;
    this.nodes = NAMES.map((name, i) => ({ node_id: ulidOf(LAB_START_MS - 1, n * 4 + i), node_name: `${name}_${n}` }));
  }

  get source(): NonNullable<EventInput["source"]> {
    return { workcell_id: this.id, manager_id: this.id };
  }
}

const WORKCELLS = [0, 1, 2].map((n) => new Workcell(n));

/** About `count` events in order of time, `LAB_START_MS` on; exactly `count` of them. */
export function* labDays(count: number): Generator<EventInput> {
  const random = seeded(count);
  let made = 0;
  for (let day = 0; made < count; day++) {
    const drafts = dayOf(day, random);
    drafts.push(...lines(Math.max(0, Math.round(EVENTS_PER_DAY) - drafts.length), day, random));
    drafts.sort((a, b) => a.ms - b.ms);
    for (const { ms, ...event } of drafts.slice(0, count - made)) {
      yield { _id: ulidOf(ms, made++), event_timestamp: new Date(ms), ...event };
    }
  }
}

function dayOf(day: number, random: () => number): Draft[] {
  const startMs = LAB_START_MS + day * DAY_MS;
  const drafts = WORKCELLS.flatMap((workcell) => [
    ...opening(workcell, startMs + 600_000),
    ...experimentsOf(workcell, day, startMs),
    said(workcell, "workcell_stop", startMs + DAY_MS - 600_000, {}, true),
  ]);
  for (let n = 0; n < WORKFLOWS_PER_DAY; n++) {
    const workcell = WORKCELLS[n % 3] as Workcell;
    const at = startMs + 900_000 + ((n + random()) / WORKFLOWS_PER_DAY) * (DAY_MS - 7_200_000);
    drafts.push(...workflow(workcell, ulidOf(at, n), at, random));
  }
  return drafts;
}

/** In the words of the workcell's generation. */
function said(workcell: Workcell, event_type: string, ms: number, data: Fields, isTyped = workcell.isOld): Draft {
  const { source } = workcell;
  if (isTyped) return { ms, event_type, source, event_data: data };
  return { ms, event_type: "log_info", source, event_data: { message: `about ${event_type}`, event_type, ...data } };
}

/** The same of a node, which names itself. */
function ofNode(workcell: Workcell, node: Node, ms: number, event_type: string, data: Fields): Draft {
  return { ...said(workcell, event_type, ms, data), source: { node_id: node.node_id } };
}

function opening(workcell: Workcell, ms: number): Draft[] {
  const nodes = Object.fromEntries(workcell.nodes.map((node, i) => [node.node_name, `http://localhost:${2000 + i}`]));
  const info = { manager_id: workcell.id, manager_name: workcell.name, nodes };
  const drafts = [said(workcell, "workcell_start", ms, workcell.isOld ? { ...info, name: workcell.name } : info, true)];
  if (!workcell.isOld)
    drafts.push(
      said(workcell, "workcell_start", ms + 2000, { workcell_id: workcell.id, workcell_name: workcell.name }),
    );
  for (const node of workcell.nodes) {
    const dump = { ...node, node_type: "device", module_name: node.node_name, module_version: "1.0.0" };
    drafts.push(ofNode(workcell, node, ms - 60_000, "node_start", workcell.isOld ? dump : { node_info: dump }));
  }
  return drafts;
}

function experimentsOf(workcell: Workcell, day: number, startMs: number): Draft[] {
  return [0, 1].flatMap((n) => {
    const experiment_id = ulidOf(startMs + n, Number(workcell.nodes[0]?.node_name.at(-1)));
    const name = `screen ${day}.${n}`;
    const [from, to] = [startMs + 1_200_000 + n * 40_000_000, startMs + 36_000_000 + n * 40_000_000];
    const old = { experiment: { experiment_id, experiment_design: { experiment_name: name }, run_name: name } };
    const data = workcell.isOld ? old : { experiment_id, run_name: name, experiment_name: name };
    const drafts = [said(workcell, "experiment_start", from, data), said(workcell, "experiment_complete", to, data)];
    return workcell.isOld ? drafts : [...drafts, ...drafts.map((draft) => ({ ...draft, ms: draft.ms + 40 }))];
  });
}

function workflow(workcell: Workcell, workflow_id: string, queuedMs: number, random: () => number): Draft[] {
  const author = AUTHORS[Math.floor(random() * AUTHORS.length)] ?? null;
  const name = `protocol ${Math.floor(random() * 20)}`;
  const drafts = [said(workcell, "workflow_start", queuedMs, { workflow_id, workflow_name: name, author })];
  const startMs = queuedMs + random() * 60_000;
  let ms = startMs;
  for (let step = 0; step < 3; step++) {
    const node = workcell.nodes[Math.floor(random() * 4)] as Node;
    const action_id = ulidOf(ms, step);
    for (const what of STEP) {
      drafts.push(stepEvent(workcell, node, ms, what, { workflow_id, step_id: ulidOf(ms, 9), action_id }));
      ms += what === "running" ? 30_000 + random() * 240_000 : 200 + random() * 300;
    }
  }
  const status = random() < 0.93 ? "completed" : random() < 0.7 ? "failed" : "cancelled";
  const times = { start_time: new Date(startMs).toISOString(), end_time: new Date(ms).toISOString() };
  const done = { workflow_id, name, status, author, duration_seconds: (ms - startMs) / 1000, ...times, steps: STEPS };
  drafts.push(said(workcell, "workflow_complete", ms, done, true));
  const again = { workflow_id, workflow_name: name, workflow_status: status, workflow_author: author };
  if (!workcell.isOld) drafts.push(said(workcell, "workflow_complete", ms + 5, again));
  return drafts;
}

function stepEvent(workcell: Workcell, node: Node, ms: number, what: string, ids: Fields): Draft {
  const { action_id } = ids;
  if (what !== "running" && what !== "succeeded")
    return said(workcell, what, ms, { ...ids, node_name: node.node_name, action_name: "transfer", step_index: 0 });
  const result = { action_id, status: what, errors: [], json_result: null, files: null, datapoints: null };
  return ofNode(workcell, node, ms, "action_status_change", workcell.isOld ? result : { action_result: result });
}

function lines(count: number, day: number, random: () => number): Draft[] {
  return Array.from({ length: count }, (_, n) => {
    const node = WORKCELLS[n % 3]?.nodes[n % 4];
    const data = {
      message: "aspirated sample and moved to the next column of the plate",
      volume_ul: n,
      pressure: random(),
    };
    return {
      ms: LAB_START_MS + (day + random()) * DAY_MS,
      event_type: random() < 0.5 ? "log_info" : "log_debug",
      source: { node_id: node?.node_id ?? "" },
      event_data: data,
    };
  });
}
