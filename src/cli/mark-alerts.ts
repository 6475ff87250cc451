/**
 * markAlerts: events stored without a server count for alerts all the same.
 *
 * Whatever the rules of the settings concern is marked as it is stored, and nobody is told from here: whoever serves the
 * database judges it, now or when it starts. Settings that cannot be read keep no event from being stored.
 */
import { RULES_LANE } from "../alert/folder.ts";
import { compileMarker } from "../alert/marker.ts";
import { EventStoreError } from "../errors.ts";
import type { EventStore } from "../store/store.ts";
import { alertSetup } from "./alert-setup.ts";
import type { Config } from "./config.ts";
import { type Io, warn } from "./io.ts";

/** @returns what is to be said at the end, if anything was marked */
export function markAlerts(store: EventStore, config: Config, io: Io): () => string | undefined {
  const plan = planOf(config, io);
  if (plan === undefined) return () => undefined;
  let some = false;
  store.alertHost.addLane(RULES_LANE, compileMarker(plan.rules), () => {
    some = true;
  });
  return () => (some ? "alerts: rules concern some of these events; serve on this database tells of them" : undefined);
}

function planOf(config: Config, io: Io) {
  try {
    return alertSetup(config, { env: io.env, withoutSecrets: true })?.plan;
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    warn(io, `the settings of alerts are wrong, so nobody will be told of these events: ${error.message}`);
    return undefined;
  }
}
