// An application for a bundler that keeps the worker; build.mjs says where its files are.
import pino from "pino";

const options = { url: process.env.EVENT_SERVER_URL, spool: { dir: "spool" } };
const log = pino(pino.transport({ target: "madsci-events/pino", options }));
log.info("hello from a bundled worker");
