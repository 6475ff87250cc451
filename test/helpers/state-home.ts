/** Spools of the tests' processes lie in a folder of the run's own, not in the user's. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function stateHome(): string {
  return mkdtempSync(join(tmpdir(), "madsci-events-state-"));
}
