// A cluster whose workers all log through transports on one folder: { options, workers, lines }.
import cluster from "node:cluster";
import { createTransport } from "madsci-events/pino";
import pino from "pino";

const { options, workers, lines } = JSON.parse(process.argv[2]);

if (cluster.isPrimary) {
  for (let at = 0; at < workers; at++) cluster.fork({ RUN: `worker${at}` });
} else {
  const transport = createTransport(options);
  const log = pino(transport);
  for (let n = 1; n <= lines; n++) log.info({ run: process.env.RUN, n }, "line");
  transport.once("close", () => process.disconnect());
  transport.end();
}
