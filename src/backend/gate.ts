/**
 * Gate: lets a process end between two pieces of a thread's work, never within one.
 *
 * When a process ends it stops its threads wherever they are, and a driver stopped within a statement aborts the whole
 * process (exit code 134). So the thread passes a gate before each piece of work, and `process.exit` shuts it first.
 */
const [WORK, SHUT, NEVER] = [0, 1, 2];
/** Longest the end of the process is held up, in ms. */
const PATIENCE_MS = 5000;

/** Shared by both threads: how many pieces of work are under way (one may be part of another), and whether it is shut. */
export type Gate = Int32Array<SharedArrayBuffer>;

const gates = new Set<Gate>();
/** The one this thread passes, where it is not the process's own. */
let mine: Gate | undefined;

/** A gate that the end of this process shuts, until {@link dropGate}. */
export function newGate(): Gate {
  if (gates.size === 0) process.on("exit", shutGates);
  const gate = new Int32Array(new SharedArrayBuffer(12));
  gates.add(gate);
  return gate;
}

export function dropGate(gate: Gate): void {
  gates.delete(gate);
  if (gates.size === 0) process.off("exit", shutGates);
}

function shutGates(): void {
  const endMs = performance.now() + PATIENCE_MS;
  for (const gate of gates) Atomics.store(gate, SHUT, 1);
  for (const gate of gates) {
    for (let work = Atomics.load(gate, WORK); work > 0; work = Atomics.load(gate, WORK)) {
      if (Atomics.wait(gate, WORK, work, Math.max(0, endMs - performance.now())) === "timed-out") return;
    }
  }
}

/** Within the thread: from now on its work passes the gate. */
export function passThrough(gate: Gate): void {
  mine = gate;
}

/** Does a piece of work; behind a shut gate the thread stands still. Where there is no gate, nothing is in the way. */
export function gated<Result>(work: () => Result): Result {
  if (mine === undefined) return work();
  enter(mine);
  try {
    return work();
  } finally {
    leave(mine);
  }
}

/** The same for work that takes more than one turn. */
export async function throughGate<Result>(work: () => Promise<Result>): Promise<Result> {
  if (mine === undefined) return work();
  enter(mine);
  try {
    return await work();
  } finally {
    leave(mine);
  }
}

function enter(gate: Gate): void {
  const before = Atomics.add(gate, WORK, 1);
  // What is part of a piece under way is let through, for that one to come to its end.
  if (before > 0 || Atomics.load(gate, SHUT) === 0) return;
  leave(gate);
  Atomics.wait(gate, NEVER, 0);
}

function leave(gate: Gate): void {
  Atomics.sub(gate, WORK, 1);
  Atomics.notify(gate, WORK);
}
