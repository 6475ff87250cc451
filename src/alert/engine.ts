/**
 * Alerts: the engine as the host program, the REST room and the command line hold it. loop.ts does the work by itself;
 * here is what people do and ask (desk.ts).
 */
import type { Event } from "../event/event.ts";
import { alive } from "./alive.ts";
import { ChannelTroubles } from "./channel-troubles.ts";
import { closeChannels, openChannels } from "./channels.ts";
import { type AlertClock, systemClock } from "./clock.ts";
import type {
  AlertDesk,
  AlertStats,
  By,
  ListQuery,
  Page,
  Redeemed,
  RuleView,
  SilenceInput,
  SilenceMade,
  Why,
} from "./desk.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { AlertHost, Marker } from "./host.ts";
import type { Incident, IncidentState, Silence } from "./incident.ts";
import { actOn, findIncident, listIncidents } from "./incident-desk.ts";
import { linkSecret, linksFor } from "./links.ts";
import { Loop } from "./loop.ts";
import { compileMarker } from "./marker.ts";
import type { Channel, Notification, NotificationState } from "./notification.ts";
import type { AlertOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import type { AlertPlan } from "./plan.ts";
import { alertPlan } from "./plan-file.ts";
import { redactedIncident } from "./redact-notice.ts";
import { redeem } from "./redeem.ts";
import { ruleViews } from "./rule-desk.ts";
import { expireSilence, listSilences, makeSilence, silenceDoubts } from "./silence-desk.ts";
import { testChannel, verifyChannels } from "./test-send.ts";
import { dateOf } from "./time-input.ts";
import { whyEvent } from "./why.ts";

/**
 * Starts alerting on a store: every event it appends from now on is judged by the plan's rules.
 * @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_MISSING_DRIVER`, `EVT_BACKEND_UNAVAILABLE`
 * @since 0.1.0
 */
export async function startAlerts(host: AlertHost, plan: AlertPlan, options: EngineOptions = {}): Promise<Alerts> {
  const secret = await linkSecret(host.records);
  return new Alerts({ host, plan, options, secret });
}

/** What a host program opens alerting with: configuration as in the settings file, and what cannot stand in a file. @since 0.1.0 */
export interface OpenAlertsOptions extends EngineOptions {
  /** What `env:NAME` and `file:PATH` stand for. @default nothing, so secrets must be given as they are */
  readonly secret?: (ref: string) => string | undefined;
}

/**
 * Alerting on an open store.
 * @example const alerts = await openAlerts(store, { smtp: { host: "smtp.lab" }, channels: { ops: { type: "email", to: "ops@lab" } }, receivers: { ops: ["ops"] } });
 * @throws EventStoreError as {@link startAlerts}; `EVT_INVALID_OPTION` names the path in the options.
 * @since 0.1.0
 */
export async function openAlerts(
  store: { readonly alertHost: AlertHost },
  options: AlertOptions,
  { secret, ...engine }: OpenAlertsOptions = {},
): Promise<Alerts> {
  const host = store.alertHost;
  const own = (engine.channels ?? []).map(({ name }) => name);
  const context = { naiveTimezone: host.naiveTimezone, zone: host.zone, ownChannels: own, ...(secret && { secret }) };
  return startAlerts(host, alertPlan(options, context), engine);
}

/** Pause between two looks at what another process sends, in ms. */
const OTHERS_MS = 50;

interface Parts {
  readonly host: AlertHost;
  readonly plan: AlertPlan;
  readonly options: EngineOptions;
  /** Signs the links of messages. */
  readonly secret: string;
}

/** @since 0.1.0 */
export class Alerts implements AlertDesk, AsyncDisposable {
  readonly #parts: Parts;
  readonly #clock: AlertClock;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #outbox: Outbox;
  readonly #loop: Loop;
  readonly #marker: Marker;
  #closing: Promise<void> | undefined;

  /** Use {@link startAlerts} or {@link openAlerts}. */
  constructor(parts: Parts) {
    const { host, plan, options, secret } = parts;
    const clock = options.clock ?? systemClock;
    this.#parts = parts;
    this.#marker = compileMarker(plan.rules);
    this.#clock = clock;
    const links = (incident: Incident) =>
      plan.publicUrl === null ? null : linksFor(plan.publicUrl, secret, incident, clock.now());
    const event = (id: string) => host.get(id);
    const onWarning = (message: string) => this.#closing ?? this.#loop.warn(message);
    this.#channels = openChannels(plan, { clock, links, event, own: options.channels ?? [], onWarning });
    const troubles = new ChannelTroubles(onWarning);
    this.#outbox = new Outbox({
      ...{ records: host.records, channels: this.#channels, delivery: plan.delivery, digest: plan.digest, clock },
      quietHours: plan.quietHours,
      uncounted: deadWatchers(plan),
      ...(options.random && { random: options.random }),
      mayLead: () => this.#loop.mayLead(),
      onOutcome: (notification) => troubles.saw(notification),
      onDead: (notification) => this.#loop.warn(deadWords(notification)),
      onError: (error) => this.#loop.trouble(error),
    });
    const counters = () => ({ notifications_dead: this.#outbox.stats().deadWatched, ...options.counters?.() });
    const parted = { host, plan, options: { ...options, counters }, clock };
    this.#loop = new Loop({
      ...parted,
      channels: this.#channels,
      outbox: this.#outbox,
      failing: () => troubles.failing(),
    });
    this.#loop.wake();
  }

  get plan(): AlertPlan {
    return this.#parts.plan;
  }

  incidents(query: ListQuery<IncidentState> & { readonly rule?: string } = {}): Promise<Page<Incident>> {
    return listIncidents(this.#records, query);
  }

  async incident(id: string, how: { readonly asShown?: boolean } = {}): Promise<Incident | undefined> {
    const incident = await findIncident(this.#records, id);
    return how.asShown && incident ? redactedIncident(incident, this.#parts.plan.redact) : incident;
  }

  async acknowledge(id: string, by: By & { readonly expires_at?: string | number }): Promise<Incident | undefined> {
    const expiresMs = by.expires_at === undefined ? null : dateOf("expires_at", by.expires_at);
    return this.#act(id, { kind: "acknowledge", ...by, expiresMs });
  }

  resolve(id: string, by: By): Promise<Incident | undefined> {
    return this.#act(id, { kind: "resolve", ...by });
  }

  assign(id: string, by: By & { readonly assignee: string | null }): Promise<Incident | undefined> {
    return this.#act(id, { kind: "assign", ...by });
  }

  comment(id: string, by: By & { readonly comment: string }): Promise<Incident | undefined> {
    return this.#act(id, { kind: "comment", ...by });
  }

  silences(query: ListQuery<"pending" | "active" | "expired"> = {}): Promise<Page<Silence>> {
    return listSilences(this.#records, query, this.#clock.now());
  }

  async silence(input: SilenceInput): Promise<SilenceMade> {
    const silence = await makeSilence(this.#records, input, this.#clock.now());
    this.#loop.wake();
    const warnings = silenceDoubts(silence, this.#parts.plan.rules);
    return warnings.length === 0 ? silence : { ...silence, warnings };
  }

  async expireSilence(id: string): Promise<Silence | undefined> {
    const silence = await expireSilence(this.#records, id, this.#clock.now());
    this.#loop.wake();
    return silence;
  }

  rules(): Promise<readonly RuleView[]> {
    return ruleViews(this.#records, this.#parts.plan.rules);
  }

  notifications(query: ListQuery<NotificationState> = {}): Promise<Page<Notification>> {
    return this.#outbox.list(query);
  }

  notification(id: string): Promise<Notification | undefined> {
    return this.#outbox.get(id);
  }

  retry(id: string): Promise<Notification | undefined> {
    return this.#outbox.retry(id);
  }

  discard(id: string): Promise<Notification | undefined> {
    return this.#outbox.discard(id);
  }

  why(eventId: string): Promise<Why | undefined> {
    return whyEvent({ ...this.#parts, channels: this.#channels }, eventId, this.#clock.now());
  }

  test(...[channel, to, how]: Parameters<AlertDesk["test"]>): ReturnType<AlertDesk["test"]> {
    return testChannel(this.#channels, { channel, to, ...how, nowMs: this.#clock.now(), plan: this.#parts.plan });
  }

  verify(channel?: string): Promise<readonly { readonly channel: string; readonly problem: string | null }[]> {
    return verifyChannels(this.#channels, channel, this.#parts.plan.delivery.timeoutMs);
  }

  async redeem(token: string, how: { readonly dry: boolean; readonly by?: string }): Promise<Redeemed | undefined> {
    const { secret, plan } = this.#parts;
    const redeemed = await redeem({ desk: this, secret, nowMs: this.#clock.now() }, token, how);
    return redeemed && { ...redeemed, incident: redactedIncident(redeemed.incident, plan.redact) };
  }

  stats(): AlertStats {
    return this.#loop.stats();
  }

  idle(): Promise<void> {
    return alive(this.#loop.idle());
  }

  async delivered(event: Event): Promise<void> {
    const { awaitDeliveryMs } = this.#parts.plan;
    if (awaitDeliveryMs === null || this.#marker(event).length === 0) return;
    const waiting = new AbortController();
    const late = new Promise<void>((resolve) => {
      const cancel = this.#clock.after(awaitDeliveryMs, resolve);
      waiting.signal.addEventListener("abort", cancel);
    });
    await alive(Promise.race([this.#handedOver(waiting.signal), late])).finally(() => waiting.abort());
  }

  /** By this process, or, where another one leads, by that. */
  async #handedOver(signal: AbortSignal): Promise<void> {
    await this.#loop.idle();
    const underWay = async () => this.#records.count("notifications", ["pending", "sending"]);
    while (!signal.aborted && !this.#closing && !this.stats().leading && (await underWay()) > 0)
      await new Promise<void>((resolve) => this.#clock.after(OTHERS_MS, resolve));
  }

  /**
   * Stops to judge and to send; what is not done is done by whoever starts next. Waits a few seconds at most for messages
   * under way and again for channels to close, and keeps the process alive until then. Safe twice.
   */
  close(): Promise<void> {
    this.#closing ??= this.#loop.close().then(() => closeChannels(this.#channels.values(), this.#clock));
    return alive(this.#closing);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #records() {
    return this.#parts.host.records;
  }

  async #act(id: string, action: Parameters<typeof actOn>[2]): Promise<Incident | undefined> {
    const at = { rules: this.#parts.plan.rules, nowMs: this.#clock.now() };
    const incident = await actOn(this.#records, id, action, at);
    this.#loop.wake();
    return incident;
  }
}

/** What these rules say of dead letters is none of what they look at. */
function deadWatchers({ rules }: AlertPlan): ReadonlySet<string> {
  const watchers = rules.filter(({ when }) => when.kind === "ledger" && when.counter === "notifications_dead");
  return new Set(watchers.map(({ id }) => id));
}

function deadWords({ channel, recipient, last_error }: Notification): string {
  return `a message to ${recipient} through ${channel} was given up: ${last_error}`;
}
