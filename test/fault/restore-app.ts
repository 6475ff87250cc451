/** A restore that dies at a step: `node … {"path","url","database","drop","dieAt"}`. Prints each step it comes to. */
import { openDumpTarget } from "../../src/backend/open-dump-target.ts";
import { restoreBackup } from "../../src/backup/restore.ts";

export interface RestorePlan {
  readonly path: string;
  readonly url: string;
  readonly database?: string;
  readonly drop: boolean;
  /** Number of the step; undefined to live. */
  readonly dieAt?: number | undefined;
}

const LEASE_MS = 1_500;

const { path, url, database, drop, dieAt } = JSON.parse(process.argv[2] ?? "{}") as RestorePlan;
let steps = 0;
const onStep = (step: string) => {
  console.log(step);
  if (steps++ === dieAt) process.kill(process.pid, "SIGKILL");
};
const target = await openDumpTarget(url, { database, onStep, leaseMs: LEASE_MS, naiveTimezone: "UTC" });
const { collections } = await restoreBackup(path, { target, drop, onStep });
await target.close();
console.log(JSON.stringify(collections));
