// Our target beside one that is dead, in pino's one worker: { options, n, how }.
import { fileURLToPath } from "node:url";
import pino from "pino";

const { options, run, lines } = JSON.parse(process.argv[2]);
const dead = fileURLToPath(new URL("workers-dead-target.mjs", import.meta.url));
const log = pino(
  pino.transport({
    targets: [
      { target: "madsci-events/pino", options },
      { target: dead, options: {} },
    ],
  }),
);
for (let n = 1; n <= lines; n++) log.info({ run, n }, "line");
