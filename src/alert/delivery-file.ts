/** DeliveryFile: how messages are delivered, as people write it: retries, caps, digest, quiet hours, leases. */
import { Cron } from "croner";
import { EventStoreError } from "../errors.ts";
import { zoneReader } from "../event/zone.ts";
import type { Field } from "./field.ts";
import type { AlertPlan, DeliveryPlan, QuietHours } from "./plan.ts";
import { SEVERITIES } from "./rule.ts";
import type { Section } from "./section.ts";

const HOUR_MS = 3_600_000;
const PAUSE = { least: 100, most: 24 * HOUR_MS };
const COUNT = { least: 1, most: 1_000 };
const CAP = { least: 1, most: 100_000 };

export function readDelivery(delivery: Section): DeliveryPlan {
  const plan = {
    attempts: delivery.field("attempts").whole(COUNT, 12),
    backoff: readBackoff(delivery.section("backoff")),
    breaker: readBreaker(delivery.section("breaker")),
    perRecipient: readCaps(delivery.section("perRecipient")),
    concurrency: readConcurrency(delivery.section("concurrency")),
    timeoutMs: delivery.field("timeout").span({ least: 1_000, most: 600_000 }, 30_000),
  };
  delivery.close();
  return Object.freeze(plan);
}

function readBackoff(backoff: Section): DeliveryPlan["backoff"] {
  const baseMs = backoff.field("base").span(PAUSE, 15_000);
  const maxMs = backoff.field("max").span(PAUSE, Math.max(30 * 60_000, baseMs));
  if (maxMs < baseMs) backoff.field("max").error("must not be shorter than base");
  const plan = {
    baseMs,
    factor: backoff.field("factor").number({ least: 1, most: 10 }, 2),
    maxMs,
    jitter: backoff.field("jitter").number({ least: 0, most: 1 }, 0.2),
  };
  backoff.close();
  return Object.freeze(plan);
}

function readBreaker(breaker: Section): DeliveryPlan["breaker"] {
  const plan = {
    failures: breaker.field("failures").whole(COUNT, 5),
    openForMs: breaker.field("openFor").span(PAUSE, 60_000),
  };
  breaker.close();
  return Object.freeze(plan);
}

function readCaps(caps: Section): DeliveryPlan["perRecipient"] {
  const perHour = caps.field("perHour").whole(CAP, 20);
  const plan = {
    perHour,
    perDay: caps.field("perDay").whole(CAP, Math.max(100, perHour)),
    criticalPerHour: caps.field("criticalPerHour").whole({ least: 0, most: CAP.most }, 5),
  };
  if (plan.perDay < perHour) caps.field("perDay").warning(`is less than perHour (${perHour})`);
  caps.field("overflow").choice(["digest"], "digest");
  caps.close();
  return Object.freeze(plan);
}

function readConcurrency(concurrency: Section): DeliveryPlan["concurrency"] {
  const plan = {
    email: concurrency.field("email").whole({ least: 1, most: 50 }, 5),
    webhook: concurrency.field("webhook").whole({ least: 1, most: 50 }, 10),
  };
  concurrency.close();
  return Object.freeze(plan);
}

export function readDigest(digest: Section, timezone: string): AlertPlan["digest"] {
  const zone = readZone(digest.field("tz", "timezone"), timezone);
  const plan = {
    cron: readCron(digest.field("cron"), zone),
    timezone: zone,
    minSeverity: digest.field("minSeverity").choice(SEVERITIES, "info"),
  };
  digest.close();
  return Object.freeze(plan);
}

const HOURLY = "0 * * * *";

function readCron(field: Field, timezone: string): string {
  const line = field.text(100) ?? HOURLY;
  try {
    const cron = new Cron(line, { mode: "5-part", paused: true, timezone });
    if (cron.nextRun() === null) field.error("never comes true; write it like 0 * * * * (every full hour)");
  } catch {
    field.error("is no cron line of minute, hour, day, month and weekday; write it like 0 * * * * (every full hour)");
  }
  return line;
}

/** A zone by its IANA name. */
export function readZone(field: Field, fallback: string): string {
  const zone = field.text(100);
  if (zone === undefined) return fallback;
  try {
    zoneReader(zone);
    return zone;
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    field.error("is no known time zone; write it like Europe/Berlin or UTC");
    return fallback;
  }
}

export function readQuietHours(quiet: Section, timezone: string): QuietHours | null {
  if (!quiet.given) return null;
  const [from, to] = [readClock(quiet.field("from")), readClock(quiet.field("to"))];
  if (from !== undefined && from === to) quiet.field("to").error("is the same as from; leave quietHours out for none");
  const except = quiet.field("except");
  const plan = {
    timezone: readZone(quiet.field("tz", "timezone"), timezone),
    from: from ?? "00:00",
    to: to ?? "00:00",
    except: except.given ? except.each((entry) => entry.choice(SEVERITIES, undefined)) : (["critical"] as const),
  };
  quiet.close();
  return Object.freeze(plan);
}

function readClock(field: Field): string | undefined {
  const isClock = typeof field.value === "string" && /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(field.value);
  return isClock ? (field.value as string) : field.error('must be a time of day in quotes, like "22:00"');
}

export function readLease(lease: Section): AlertPlan["lease"] {
  const ttlMs = lease.field("ttl").span({ least: 1_000, most: HOUR_MS }, 15_000);
  const renewMs = lease.field("renew").span({ least: 100, most: HOUR_MS }, Math.floor(ttlMs / 3));
  if (renewMs * 2 > ttlMs) lease.field("renew").error("must be at most half of ttl, so that one renewal may fail");
  lease.close();
  return Object.freeze({ ttlMs, renewMs });
}
