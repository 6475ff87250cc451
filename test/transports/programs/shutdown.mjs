// A program with transports into files and handlers for signals: told by its first argument which, and what then.
import { writeSync } from "node:fs";
import { createTransport } from "madsci-events/pino";
import pino from "pino";

const { files, spool, lines, before, after, undo, then, signals } = JSON.parse(process.argv[2]);

const transports = files.map((file) => createTransport({ url: `sqlite:${file}`, spool: { dir: spool } }));
const handler = () => {
  writeSync(1, "handled\n");
  setTimeout(() => process.exit(7), 100);
};
if (before) process[before]("SIGTERM", handler);
for (const { installShutdown } of transports) {
  const remove = installShutdown({ signals });
  if (undo) remove();
}
if (after) process[after]("SIGTERM", handler);

const log = pino({}, pino.multistream(transports.map((stream) => ({ stream }))));
for (let n = 0; n < lines; n++) log.info({ n }, "line");

const THEN = {
  throw: () => {
    throw new Error("boom");
  },
  reject: () => void Promise.reject(new Error("boom")),
  throwString: () => {
    throw "boom";
  },
  throwNothing: () => {
    throw Object.create(null);
  },
};
if (then) setImmediate(THEN[then]);
setInterval(() => {}, 1000);
writeSync(1, "logged\n");
