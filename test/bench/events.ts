/**
 * Events of an invented lab, the same on every run: 12 nodes, 25 types, levels mostly INFO, about 470 bytes of JSON.
 * One event a second with some disorder, as clocks of instruments have it.
 */
import type { EventInput } from "../../src/event/event.ts";

export const START_MS = Date.UTC(2025, 0, 1);
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A small generator (mulberry32): numbers in [0, 1) from a seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A ULID from its time and a number; mixed, because a real one has no long runs of digits. */
export function ulidOf(timeMs: number, n: number): string {
  let text = "";
  for (let left = timeMs, i = 0; i < 10; i++, left = Math.floor(left / 32)) text = ALPHABET[left % 32] + text;
  const random = seeded(n);
  for (let left = n, i = 0; i < 16; i++, left = Math.floor(left / 32)) {
    text += i % 2 === 0 ? ALPHABET[left % 32] : ALPHABET[10 + Math.floor(random() * 22)];
    if (i % 2 === 1) left *= 32;
  }
  return text;
}

const idsOf = (kind: number, count: number) => Array.from({ length: count }, (_, i) => ulidOf(START_MS - kind, i));
export const NODES: readonly string[] = idsOf(1, 12);
const WORKFLOWS = idsOf(2, 400);
const EXPERIMENTS = idsOf(3, 40);
const WORKCELLS = idsOf(4, 3);

const TYPES: readonly string[] = [
  ..."log_debug log_info log_warning log_error log_critical node_create node_start node_stop node_config_update".split(
    " ",
  ),
  ..."node_status_update node_error workcell_create workcell_start workcell_stop workcell_status_update".split(" "),
  ..."workflow_create workflow_start workflow_complete workflow_abort workflow_step_start workflow_step_complete".split(
    " ",
  ),
  ..."location_update resource_update experiment_start experiment_complete".split(" "),
];
const MESSAGES: readonly string[] = [
  "aspirated sample and moved to the next column of the plate",
  "temperature of the incubator is within its band",
  "tip pressure rose slowly during aspiration",
  "gripper closed on plate and force is nominal",
  "barcode read and matched with the resource",
  "door of the reader opened for the arm",
];
/** Rare, to be searched for. */
const CLOT = "clot suspected: tip pressure over limit in channel";

const LEVEL_SHARES = [
  [0.005, 0],
  [0.2, 10],
  [0.82, 20],
  [0.94, 30],
  [0.99, 40],
  [1, 50],
] as const;

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** Event number `n`; ids of different `run`s never meet. */
export function labEvent(n: number, run = 0): EventInput {
  const random = seeded(n * 2_654_435_761 + run);
  const share = random();
  const log_level = (LEVEL_SHARES.find(([upTo]) => share < upTo) ?? LEVEL_SHARES[2])[1];
  const timeMs = START_MS + n * 1000 + Math.floor(random() * 5000);
  const isClot = n % 1000 === 7;
  return {
    _id: ulidOf(timeMs, run * 100_000_000 + n),
    event_type: TYPES[Math.floor(random() ** 2 * TYPES.length)],
    log_level,
    alert: false,
    event_timestamp: new Date(timeMs).toISOString().replace("Z", "000"),
    source: {
      node_id: pick(NODES, random),
      workcell_id: pick(WORKCELLS, random),
      ...(random() < 0.6 && { workflow_id: pick(WORKFLOWS, random), experiment_id: pick(EXPERIMENTS, random) }),
    },
    event_data: {
      message: isClot ? `${CLOT} ${n % 8}` : pick(MESSAGES, random),
      pressure: Math.round(random() * 5000) / 1000,
      temperature: Math.round((20 + random() * 20) * 100) / 100,
      volume_ul: Math.floor(random() * 300),
      attempt: 1 + Math.floor(random() * 3),
      ...(random() < 0.3 && { wells: ["A1", "B2", "C3"].slice(0, 1 + Math.floor(random() * 3)) }),
    },
    trace_id: null,
    span_id: null,
  };
}
