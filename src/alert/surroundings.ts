/**
 * Surroundings: what the leader knows beyond the groups at hand, made into the `World` of a moment: live incidents,
 * silences, activities, counters. `stale` says that live groups must be looked at again.
 */
import type { AlertRecords } from "../backend/alert-records.ts";
import type { Group } from "./group.ts";
import type { Hub } from "./hub.ts";
import type { Silence } from "./incident.ts";
import { inhibitorsOf, inhibitsAs } from "./inhibit.ts";
import type { AlertPlan } from "./plan.ts";
import { isLive } from "./say.ts";
import { type ReadySilence, readySilence, silenceHolds } from "./silence.ts";
import { liveSilences, SILENCES_ID } from "./silence-desk.ts";
import { isOpen } from "./view.ts";
import { UNSILENCE_GRACE_MS, type World, worldOf } from "./world.ts";

const PAGE = 500;
const LIVE_STATES = ["pending", "firing", "acknowledged", "resolved"];

export class Surroundings {
  readonly #records: AlertRecords;
  readonly #plan: AlertPlan;
  #base: World;
  readonly #live = new Map<string, Group>();
  /** Of those, how many are not resolved. */
  #liveIncidents = 0;
  readonly #activities = new Map<string, Hub["activity"]>();
  #silences: readonly ReadySilence[] = [];
  /** Silences that held at the last look, of this leader or, where incidents are under them, an earlier one. */
  #holding = new Set<string>();
  #silencesMark = "";
  #inhibitors: World["inhibitors"] | undefined;
  /** True when flags of live groups may be out of date. */
  stale = true;

  constructor(records: AlertRecords, plan: AlertPlan, resumedAtMs: number) {
    this.#records = records;
    this.#plan = plan;
    this.#base = { ...worldOf(plan), resumedAtMs };
  }

  /** Reads what earlier leaders left. */
  async load(fence: (group: Group) => void, nowMs: number): Promise<void> {
    await this.#pages("groups", LIVE_STATES, (record) => {
      const group = record.body as unknown as Group;
      fence(group);
      this.#live.set(group.id, group);
    });
    this.#liveIncidents = [...this.#live.values()].filter(isLive).length;
    for (const { incident } of this.#live.values()) if (incident?.silencedBy) this.#holding.add(incident.silencedBy);
    await this.#pages("state", ["hub"], (record) => {
      const hub = record.body as unknown as Hub;
      this.#activities.set(hub.rule, hub.activity);
    });
    await this.loadSilences(nowMs);
  }

  get live(): ReadonlyMap<string, Group> {
    return this.#live;
  }

  get liveIncidents(): number {
    return this.#liveIncidents;
  }

  world(counters: World["counters"]): World {
    const inhibitors = () => this.#inhibitorsNow();
    return {
      ...this.#base,
      ...{ silences: this.#silences, activities: this.#activities, counters },
      // Made when first asked for: folding, which changes them most often, never asks.
      get inhibitors() {
        return inhibitors();
      },
    };
  }

  #inhibitorsNow(): World["inhibitors"] {
    this.#inhibitors ??= inhibitorsOf(this.#plan.inhibit, this.#live.values());
    return this.#inhibitors;
  }

  /** A group as it was just written. */
  saw(group: Group): void {
    const before = this.#live.get(group.id);
    this.#liveIncidents += Number(isLive(group)) - Number(before !== undefined && isLive(before));
    if (isOpen(group)) this.#live.set(group.id, group);
    else this.#live.delete(group.id);
    if (looksAlike(before, group) || inhibitsAs(this.#plan.inhibit, before) === inhibitsAs(this.#plan.inhibit, group))
      return;
    this.#inhibitors = undefined;
    this.stale = true;
  }

  /** The wall clock went back: what was seen until now was seen at the latest now. */
  rewind(nowMs: number): void {
    this.#base = { ...this.#base, resumedAtMs: Math.min(this.#base.resumedAtMs, nowMs) };
    this.stale = true;
  }

  /** A hub as it was just written. */
  sawHub(hub: Hub): void {
    this.#activities.set(hub.rule, hub.activity);
  }

  /** Reads the silences anew where one was made or changed. */
  async loadSilences(nowMs: number): Promise<void> {
    const [counted] = await this.#records.read("state", [SILENCES_ID]);
    const mark = `${counted?.version ?? 0}`;
    if (mark === this.#silencesMark) return this.#dropEnded(nowMs);
    const known = this.#silences.map(({ silence }) => silence.silence_id);
    this.#silences = (await liveSilences(this.#records, known)).flatMap(ready);
    this.#silencesMark = mark;
    this.stale = true;
    this.#dropEnded(nowMs);
  }

  /** Ids of silences that held at the last call and do not hold any more. */
  endedSilences(nowMs: number): string[] {
    const holding = new Set(
      this.#silences.filter(({ silence }) => silenceHolds(silence, nowMs)).map(({ silence }) => silence.silence_id),
    );
    const ended = [...this.#holding].filter((id) => !holding.has(id));
    if (ended.length > 0 || holding.size !== this.#holding.size) this.stale = true;
    this.#holding = holding;
    return ended;
  }

  #dropEnded(nowMs: number): void {
    const kept = this.#silences.filter(({ silence }) => Date.parse(silence.ends_at) + 2 * UNSILENCE_GRACE_MS > nowMs);
    if (kept.length === this.#silences.length) return;
    this.#silences = kept;
  }

  async #pages(kind: "groups" | "state", states: readonly string[], take: (record: { body: object }) => void) {
    for (let after: { updatedMs: number; _id: string } | undefined; ; ) {
      const page = await this.#records.list(kind, { states, limit: PAGE, ...(after && { after }) });
      for (const record of page) take(record);
      const last = page.at(-1);
      if (page.length < PAGE || !last) return;
      after = { updatedMs: last.updatedMs, _id: last._id };
    }
  }
}

/** Selectors of inhibitions see no difference. */
function looksAlike(before: Group | undefined, { incident }: Group): boolean {
  const was = before?.incident ?? null;
  if (was === null || incident === null) return was === incident;
  const newest = was.newest.at(-1)?._id === incident.newest.at(-1)?._id;
  return newest && was.number === incident.number && was.state === incident.state && was.severity === incident.severity;
}

/** One that an older version could read and this one cannot keeps nobody quiet. */
function ready(silence: Silence): ReadySilence[] {
  try {
    return [readySilence(silence)];
  } catch {
    return [];
  }
}
