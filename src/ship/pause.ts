import type { Clock } from "./clock.ts";

/** A wait that someone else can end early. */
export class Pause {
  readonly #clock: Clock;
  #end: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `ms`, or at `end()`. An `idle` wait does not keep the process alive. */
  wait(ms: number, idle = false): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, () => this.end(), idle);
      this.#end = () => {
        cancel();
        resolve();
      };
    });
  }

  end(): void {
    const end = this.#end;
    this.#end = undefined;
    end?.();
  }
}
