/** Makes one backup, and dies at a step. Arguments: URL, folder, format, the step to die at (none for none). */
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { createBackup } from "../../src/backup/create.ts";
import type { BackupFormat } from "../../src/backup/types.ts";

const [url = "", dir = "", format = "", last = ""] = process.argv.slice(2);
const source = await openDumpSource(url);
const onStep = (step: string) => {
  console.log(step);
  if (step === last) process.kill(process.pid, "SIGKILL");
};
await createBackup({ source, dir, format: format as BackupFormat, now: () => new Date(), keep: 2, onStep });
await source.close();
