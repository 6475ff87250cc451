// Prints a line logged with each of the trace mixins it is told, and what a call of the mixin costs.
import { traceMixin } from "madsci-events/pino";
import pino from "pino";

const CALLS = 2000;
for (const how of process.argv.slice(2)) {
  const mixin = how === "given" ? traceMixin : traceMixin();
  mixin({}, 30, undefined);
  const startMs = performance.now();
  for (let n = 0; n < CALLS; n++) mixin({}, 30, undefined);
  const us = ((performance.now() - startMs) * 1000) / CALLS;
  pino({ mixin }, pino.destination({ sync: true })).info({ us, how }, "line");
}
