// Prints a line logged with the trace mixin, and what a call of the mixin costs.
import { traceMixin } from "madsci-events/pino";
import pino from "pino";

const mixin = process.argv[2] === "given" ? traceMixin : traceMixin();
const CALLS = 2000;
mixin({}, 30, undefined);
const startMs = performance.now();
for (let n = 0; n < CALLS; n++) mixin({}, 30, undefined);
const us = ((performance.now() - startMs) * 1000) / CALLS;
pino({ mixin }, pino.destination({ sync: true })).info({ us }, "line");
