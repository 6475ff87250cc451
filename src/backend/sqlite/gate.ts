/**
 * Gate: lets a process end between two pieces of the writing thread's work, never within one.
 *
 * When a process ends it stops its threads wherever they are, and a driver stopped within a statement aborts the whole
 * process (exit code 134). So the thread passes a gate before each piece of work, and `process.exit` shuts it first.
 */
const [WORK, SHUT] = [0, 1];
/** Longest the end of the process is held up, in ms. */
const PATIENCE_MS = 5000;

/** Two flags, shared by both threads: work is being done, the gate is shut. */
export type Gate = Int32Array<SharedArrayBuffer>;

const gates = new Set<Gate>();

/** A gate that the end of this process shuts, until {@link dropGate}. */
export function newGate(): Gate {
  if (gates.size === 0) process.on("exit", shutGates);
  const gate = new Int32Array(new SharedArrayBuffer(8));
  gates.add(gate);
  return gate;
}

export function dropGate(gate: Gate): void {
  gates.delete(gate);
  if (gates.size === 0) process.off("exit", shutGates);
}

function shutGates(): void {
  for (const gate of gates) {
    Atomics.store(gate, SHUT, 1);
    Atomics.wait(gate, WORK, 1, PATIENCE_MS);
  }
}

/** Within the thread: does the work. Behind a shut gate nothing is done or answered any more. */
export async function throughGate(gate: Gate, work: () => Promise<void>): Promise<void> {
  Atomics.store(gate, WORK, 1);
  const isShut = Atomics.load(gate, SHUT) === 1;
  if (!isShut) await work();
  Atomics.store(gate, WORK, 0);
  Atomics.notify(gate, WORK);
  if (isShut) await new Promise(() => {});
}
