/** What a backend counts, and the warnings it gives once per kind of trouble. */
import type { BackendStats } from "../backend.ts";

export class Notes {
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();
  #repaired = 0;
  #opaque = 0;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  once(kind: string, message: string): void {
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    this.#warn(message);
  }

  repaired(id: string, fields: readonly string[]): void {
    this.#repaired++;
    const which = `${fields.join(", ")} of event ${JSON.stringify(id)}`;
    this.once("repaired", `stored documents with unreadable fields are repaired while reading, the first: ${which}`);
  }

  opaque(id: string, reason: string): void {
    this.#opaque++;
    const what = `event_data of event ${JSON.stringify(id)} is kept as JSON text because of ${reason}`;
    this.once("opaque", `${what}; the event is complete, but finding it by its data is slower`);
  }

  stats(): BackendStats {
    return { repaired: this.#repaired, opaque: this.#opaque };
  }
}
