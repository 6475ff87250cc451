/** At exit: one listener for all shippers, so that many of them do not look like a leak to Node. */
const actions = new Set<() => void>();

function runAll(): void {
  for (const action of [...actions]) action();
}

/** Runs `action` when the process exits; answers a function that undoes it. */
export function atExit(action: () => void): () => void {
  if (actions.size === 0) process.on("exit", runAll);
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size === 0) process.off("exit", runAll);
  };
}
