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
  /** Name of a step at which it stops until it is told to go on. */
  readonly stopAt?: string | undefined;
}

const LEASE_MS = 1_500;

const { path, url, database, drop, dieAt, stopAt } = JSON.parse(process.argv[2] ?? "{}") as RestorePlan;
let steps = 0;
const onStep = (step: string) => {
  console.log(step);
  if (steps++ === dieAt) process.kill(process.pid, "SIGKILL");
  if (step === stopAt) process.kill(process.pid, "SIGSTOP");
};
const target = await openDumpTarget(url, { database, onStep, leaseMs: LEASE_MS, naiveTimezone: "UTC" });
const { collections } = await restoreBackup(path, { target, drop, onStep });
await target.close();
console.log(JSON.stringify(collections));
