/**
 * How fast a spool left behind by a dead process is sent: to a server, or, without a URL, to a sink that takes everything
 * at once. Arguments: folder, lines, URL. Prints events per second.
 */

import { httpSink } from "../../src/ship/http-sink.ts";
import { createMapLine } from "../../src/ship/map.ts";
import { resolveShipOptions } from "../../src/ship/options.ts";
import { Shipper } from "../../src/ship/shipper.ts";
import { SendError, type Sink } from "../../src/ship/sink.ts";

const [dir = "", count = "", url = ""] = process.argv.slice(2);
const lines = Number(count);
const options = resolveShipOptions({ spool: { dir, fsync: "never" }, close: { totalMs: 0 } });
const common = { options, mapping: {}, map: createMapLine({}), destination: "bench", report: () => {} };

const dead: Sink = {
  send: () => Promise.reject(new SendError("hold", "away")),
  close: async () => {},
};
const before = new Shipper({ ...common, sink: dead });
for (let n = 0; n < lines; n += 250) before.accept(Array.from({ length: 250 }, (_, i) => lineOf(n + i)).join(""));
await before.close();

const taking: Sink = {
  send: async (events) => events.map(() => ({ status: "stored" })),
  close: async () => {},
};
const startMs = performance.now();
const after = new Shipper({ ...common, sink: url === "" ? taking : httpSink({ url }) });
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const { acknowledged } = after.stats();
    if (acknowledged < lines) return;
    clearInterval(timer);
    resolve();
  }, 2);
});
const ms = performance.now() - startMs;
await after.close();
console.log(JSON.stringify((lines / ms) * 1000));
process.exit(0);

function lineOf(n: number): string {
  const line = {
    level: 30,
    time: 1764074000000 + n,
    pid: 4711,
    hostname: "bench",
    module: "arm",
    n,
    action: "aspirate",
  };
  return `${JSON.stringify({ ...line, volume_ul: 200, well: "A1", msg: n % 10 === 0 ? "aspirate 200 µl from A1" : "aspirate from A1" })}\n`;
}
