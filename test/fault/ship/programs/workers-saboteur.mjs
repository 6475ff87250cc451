// A map module that takes its thread down in the way a file beside the data names, once.
import { readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

const file = join(process.env.SABOTAGE ?? "", "sabotage");

const WAYS = {
  throw: () =>
    setImmediate(() => {
      throw new Error("sabotage");
    }),
  reject: () => void Promise.reject(new Error("sabotage")),
  exit: () => process.exit(0),
  exit1: () => process.exit(1),
  memory: () => {
    for (const kept = []; ; ) kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
  },
};

export default function mapModule() {
  if (isMainThread) process.abort();
  let way;
  try {
    way = readFileSync(file, "utf8");
    unlinkSync(file);
  } catch {
    return undefined;
  }
  WAYS[way]?.();
  return undefined;
}
