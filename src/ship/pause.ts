import type { Clock } from "./clock.ts";

/** A wait that someone else can end early; all who wait go on together. */
export class Pause {
  readonly #clock: Clock;
  readonly #ends = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `ms`, or at `end()`. An `idle` wait does not keep the process alive. */
  wait(ms: number, idle = false): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, () => this.end(), idle);
      this.#ends.add(() => {
        cancel();
        resolve();
      });
    });
  }

  end(): void {
    for (const end of this.#ends) {
      this.#ends.delete(end);
      end();
    }
  }
}
