/**
 * Workflows: who had each run, when, and how it ended.
 *
 * Its start is told when it is submitted; its end also tells when it began to run, which counts more. MADSci 0.7 tells the end
 * twice, typed and wrapped: the typed one counts. After a retry the last end counts. Source: spec sections 9, 14 (Q16, Q35), 15.1.
 *
 * There may be very many: each is a row of columns, in which NaN stands for what nobody told.
 */

import type { WorkflowEndFact, WorkflowStartFact } from "./fact.ts";
import { IdTable } from "./id-table.ts";
import type { Micros, Workflow } from "./types.ts";

/** Its end was told as more than a log line; it is listed. */
const FLAG = { ended: 1, listed: 2 } as const;

/** Texts kept once each: beyond so many different ones the next are kept as they come. */
const SAME_TEXTS = 10_000;

export class Workflows {
  readonly #from: Micros;
  readonly #ids = new IdTable();
  readonly #names: (string | null)[] = [];
  readonly #authors: (string | null)[] = [];
  readonly #statuses: string[] = [];
  readonly #submitted: Micros[] = [];
  /** What the end tells: when it began to run, when it ended, and the seconds in between. */
  readonly #started: Micros[] = [];
  readonly #ended: Micros[] = [];
  readonly #seconds: number[] = [];
  readonly #flags: number[] = [];
  /** Those with an event in the window, in order of the first one. */
  readonly #listed: number[] = [];
  readonly #texts = new Map<string, string>();

  constructor(from: Micros) {
    this.#from = from;
  }

  take(fact: WorkflowStartFact | WorkflowEndFact): void {
    const number = this.#numberOf(fact.id);
    this.#names[number] ??= this.#shared(fact.name);
    this.#authors[number] ??= this.#shared(fact.author);
    if (fact.kind === "workflow_start") this.#start(number, fact);
    else this.#finish(number, fact);
    if (fact.at < this.#from || this.#flags[number]! & FLAG.listed) return;
    this.#flags[number]! |= FLAG.listed;
    this.#listed.push(number);
  }

  /** All with an event in the window, in order of the first one. */
  finish(): Workflow[] {
    return this.#listed.map((number) => new Row(this, number));
  }

  idOf(number: number): string {
    return this.#ids.at(number);
  }

  nameOf(number: number): string | null {
    return this.#names[number]!;
  }

  authorOf(number: number): string | null {
    return this.#authors[number]!;
  }

  statusOf(number: number): string {
    return this.#statuses[number]!;
  }

  startOf(number: number): Micros | null {
    return known(this.#started[number]!) ?? known(this.#submitted[number]!);
  }

  endOf(number: number): Micros | null {
    return known(this.#ended[number]!);
  }

  durationOf(number: number): number | null {
    return known(this.#seconds[number]!) ?? known(secondsBetween(this.#submitted[number]!, this.#ended[number]!));
  }

  #numberOf(id: string): number {
    const number = this.#ids.find(id);
    if (number >= 0) return number;
    this.#names.push(null);
    this.#authors.push(null);
    this.#statuses.push("started");
    for (const times of [this.#submitted, this.#started, this.#ended, this.#seconds]) times.push(Number.NaN);
    this.#flags.push(0);
    return this.#ids.add(id);
  }

  #start(number: number, { at }: WorkflowStartFact): void {
    if (Number.isNaN(this.#submitted[number])) this.#submitted[number] = at;
    // At the instant of its end it may well come before that.
    if (this.#ended[number] !== at) this.#statuses[number] = "started";
  }

  #finish(number: number, { form, at, status, length }: WorkflowEndFact): void {
    if (form === "wrapped" && this.#flags[number]! & FLAG.ended) return;
    if (form !== "wrapped") this.#flags[number]! |= FLAG.ended;
    this.#statuses[number] = this.#shared(status)!;
    const { startedAt, endedAt, seconds, roughSeconds } = length;
    this.#started[number] = startedAt ?? Number.NaN;
    this.#ended[number] = at;
    const between = known(secondsBetween(startedAt ?? Number.NaN, endedAt ?? Number.NaN));
    this.#seconds[number] = seconds ?? between ?? roughSeconds ?? Number.NaN;
  }

  #shared(text: string | null): string | null {
    if (text === null) return null;
    const same = this.#texts.get(text);
    if (same === undefined && this.#texts.size < SAME_TEXTS) this.#texts.set(text, text);
    return same ?? text;
  }
}

/** A workflow as it stands in the columns. */
class Row implements Workflow {
  readonly #workflows: Workflows;
  readonly #number: number;

  constructor(workflows: Workflows, number: number) {
    this.#workflows = workflows;
    this.#number = number;
  }

  get id(): string {
    return this.#workflows.idOf(this.#number);
  }

  get name(): string | null {
    return this.#workflows.nameOf(this.#number);
  }

  get author(): string | null {
    return this.#workflows.authorOf(this.#number);
  }

  get status(): string {
    return this.#workflows.statusOf(this.#number);
  }

  get start(): Micros | null {
    return this.#workflows.startOf(this.#number);
  }

  get end(): Micros | null {
    return this.#workflows.endOf(this.#number);
  }

  get durationSeconds(): number | null {
    return this.#workflows.durationOf(this.#number);
  }
}

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Unknown where clocks disagree so much that it would be negative. */
function secondsBetween(from: Micros, to: Micros): number {
  return to < from ? Number.NaN : (to - from) / 1e6;
}
