/** Where the code of a thread lies. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The file beside the built package's own; undefined in a bundle, which has none, and may not know where it lies. */
export function threadFile(name: string): string | undefined {
  const here: string | undefined = import.meta.url;
  const path = here && fileURLToPath(new URL(name, here));
  return path && existsSync(path) ? path : undefined;
}
