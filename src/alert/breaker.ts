/**
 * Breaker: stops trying a channel that is down, so that its messages keep their attempts.
 *
 *   closed ─(`failures` in a row)─► open ─(`openForMs`)─► half-open ─(one probe: up)─► closed
 *                                    ▲                        └──────(down)──► open
 *
 * In memory: after a restart every channel gets a new chance. What ends late, begun before it opened, changes nothing:
 * only the probe does. Measured by elapsed time, so a jump of the wall clock neither opens nor closes anything.
 */
import type { AlertClock } from "./clock.ts";
import type { DeliveryPlan } from "./plan.ts";

/** What an attempt says of the channel; `unknown` when it never came to pass. */
export type Verdict = "up" | "down" | "unknown";

export class Breaker {
  readonly #plan: DeliveryPlan["breaker"];
  readonly #clock: Pick<AlertClock, "elapsed">;
  #failures = 0;
  /** Elapsed time at which it opened; null while closed. */
  #openedMs: number | null = null;
  #probing = false;

  constructor(plan: DeliveryPlan["breaker"], clock: Pick<AlertClock, "elapsed">) {
    this.#plan = plan;
    this.#clock = clock;
  }

  get state(): "closed" | "open" | "half-open" {
    if (this.#openedMs === null) return "closed";
    return this.waitMs > 0 ? "open" : "half-open";
  }

  /** How long it stays open yet; 0 when it does not. */
  get waitMs(): number {
    if (this.#openedMs === null) return 0;
    return Math.max(0, this.#openedMs + this.#plan.openForMs - this.#clock.elapsed());
  }

  /** May an attempt begin? */
  get admits(): boolean {
    return this.state === "closed" || (this.state === "half-open" && !this.#probing);
  }

  /** An attempt begins; tell the answer, once, how it ended. */
  begin(): (verdict: Verdict) => void {
    const probe = this.state === "half-open";
    if (probe) this.#probing = true;
    return (verdict) => (probe ? this.#probed(verdict) : this.#tried(verdict));
  }

  #probed(verdict: Verdict): void {
    this.#probing = false;
    if (verdict === "up") this.#close();
    if (verdict === "down") this.#openedMs = this.#clock.elapsed();
  }

  #tried(verdict: Verdict): void {
    if (this.#openedMs !== null) return;
    if (verdict === "up") this.#failures = 0;
    if (verdict !== "down") return;
    this.#failures += 1;
    if (this.#failures >= this.#plan.failures) this.#openedMs = this.#clock.elapsed();
  }

  #close(): void {
    this.#openedMs = null;
    this.#failures = 0;
  }
}
