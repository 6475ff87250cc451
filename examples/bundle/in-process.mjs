// An application for a bundler: the stream runs in this thread, so there is no worker file to find.
import { createEventStream } from "madsci-events/pino";
import pino from "pino";

const log = pino(createEventStream({ url: process.env.EVENT_SERVER_URL, spool: { dir: "spool" } }));
log.info("hello from a bundle");
