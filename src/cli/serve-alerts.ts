/** The alerts of `serve`: the engine over the open store, what is said about it, and the first look at new channels. */
import { statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Alerts as Engine } from "../alert/engine.ts";
import type { AlertPlan, Receiver } from "../alert/plan.ts";
import type { EventStore } from "../store/store.ts";
import type { AlertSetup } from "./alert-setup.ts";
import { counted } from "./exit.ts";
import { checkFirstUse } from "./first-use.ts";
import { type Io, warn } from "./io.ts";

export interface ServedAlerts {
  readonly desk: Engine;
  close(): Promise<void>;
}

/** Undefined where alerts are off. @param file of the database, where it is one @throws EventStoreError what the engine throws */
export async function serveAlerts(
  store: EventStore,
  setup: AlertSetup | undefined,
  { io, file }: { readonly io: Io; readonly file: string | undefined },
): Promise<ServedAlerts | undefined> {
  if (setup === undefined) return undefined;
  const { startAlerts } = await import("../alert/engine.ts");
  const { plan, testSend } = setup;
  const host = store.alertHost;
  const onWarning = (message: string) => warn(io, `alerts: ${message}`);
  const desk = await startAlerts(host, plan, { onWarning, counters: () => diskCounter(file) });
  const stop = new AbortController();
  const say = (message: string, isTrouble: boolean) =>
    isTrouble ? warn(io, `alerts: ${message}`) : io.err(`alerts: ${message}`);
  void checkFirstUse({ records: host.records, desk, plan, testSend, say, signal: stop.signal });
  return {
    desk,
    close: () => {
      stop.abort();
      return desk.close();
    },
  };
}

/** How full the disk of a file is, in whole percent, as `df` counts. */
function diskCounter(file: string | undefined): Record<string, number> {
  if (file === undefined) return {};
  try {
    const { bavail, bfree, blocks } = statfsSync(dirname(resolve(file)));
    const used = blocks - bfree;
    return { disk_used_percent: Math.ceil((100 * used) / Math.max(1, used + bavail)) };
  } catch {
    return {};
  }
}

/** Receivers named in the line; the rest is counted. */
const MOST = 5;

/** `  alerts 24 rules → ops (mail-ops), on-call (mail-call, later pager)` */
export function alertsLine({ mode, rules, receivers, channels }: AlertPlan): string {
  const addresses = channels.flatMap((channel) => (channel.type === "email" ? channel.to : [channel.name]));
  const names = receivers.map(receiverWords);
  const told = mode === "compat" ? addresses : names;
  const more = told.length > MOST ? ` and ${told.length - MOST} more` : "";
  const whom = told.length === 0 ? "nobody" : `${told.slice(0, MOST).join(", ")}${more}`;
  const on = rules.filter(({ enabled }) => enabled).length;
  return `  alerts ${mode === "compat" ? "as MADSci sends them" : counted(on, "rule")} → ${whom}`;
}

function receiverWords({ name, channels, escalate }: Receiver): string {
  const later = new Set(escalate.flatMap((step) => step.channels).filter((one) => !channels.includes(one)));
  return `${name} (${[...channels, ...[...later].map((one) => `later ${one}`)].join(", ")})`;
}
