/** Progress of a report: how far the reading has come in the time it covers; on a terminal, and only where it takes long. */
import type { Activity } from "../event/activity.ts";
import { formatInstant, type Instant } from "../event/instant.ts";
import type { ActivityStore } from "../report/index.ts";
import type { Io } from "./io.ts";
import { progressBar, timeLeft } from "./progress.ts";

const EVERY_MS = 500;

/** The same store, telling of what is read from it, not more often than every so many milliseconds. */
export function watched(store: ActivityStore, io: Pick<Io, "progress">, everyMs = EVERY_MS): ActivityStore {
  const { progress } = io;
  if (progress === undefined) return store;
  return {
    span: () => store.span(),
    activities: (options) => telling(store.activities(options), { to: options.to, progress, everyMs }),
  };
}

interface Telling {
  readonly to: Instant | undefined;
  readonly progress: (line: string) => void;
  readonly everyMs: number;
}

async function* telling(
  pages: AsyncIterable<readonly Activity[]>,
  { to, progress, everyMs }: Telling,
): AsyncGenerator<readonly Activity[], void> {
  const startMs = performance.now();
  let [saidMs, events] = [startMs, 0];
  let first: Instant | undefined;
  try {
    for await (const page of pages) {
      yield page;
      first ??= page[0]?.instant;
      events += page.length;
      const nowMs = performance.now();
      const last = page.at(-1)?.instant;
      if (nowMs - saidMs < everyMs || first === undefined || last === undefined || to === undefined) continue;
      saidMs = nowMs;
      const share = to > first ? Math.min(1, Number(last - first) / Number(to - first)) : 1;
      const done = `${formatInstant(last).slice(0, 10)}, ${events} events read`;
      progress(`${progressBar(share)} ${done}${timeLeft(nowMs - startMs, share)}`);
    }
  } finally {
    if (saidMs > startMs) progress("");
  }
}
