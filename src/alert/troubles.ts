/** Troubles: what is wrong with a configuration, all of it, each with the place and the way out. */

/** @since 0.1.0 */
export interface Trouble {
  /** Where, e.g. `rules[2].within`. */
  readonly path: string;
  /** What is wrong and how to mend it; never holds a secret. */
  readonly message: string;
  /** An `error` keeps alerting from starting; a `warning` does not. */
  readonly level: "error" | "warning";
}

/** More than anybody reads; what follows is counted only. */
const MAX_TROUBLES = 500;

export class Troubles {
  readonly #list: Trouble[] = [];
  /** The same place may be read twice; it is told once. */
  readonly #told = new Set<string>();
  #untold = 0;

  error(path: string, message: string): void {
    this.#add({ path, message, level: "error" });
  }

  warning(path: string, message: string): void {
    this.#add({ path, message, level: "warning" });
  }

  /** The first thing that keeps alerting from starting. */
  get firstError(): Trouble | undefined {
    return this.#list.find((trouble) => trouble.level === "error");
  }

  get list(): readonly Trouble[] {
    if (this.#untold === 0) return this.#list;
    return [...this.#list, { path: "", message: `${this.#untold} more are not listed`, level: "error" }];
  }

  #add(trouble: Trouble): void {
    const key = `${trouble.path}\n${trouble.message}`;
    if (this.#told.has(key)) return;
    if (this.#list.length >= MAX_TROUBLES) this.#untold++;
    else {
      this.#told.add(key);
      this.#list.push(trouble);
    }
  }
}
