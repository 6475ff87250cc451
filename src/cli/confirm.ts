/** Confirm: nothing is hidden or deleted before a person, or `--yes`, has agreed to a number of events. */
import { CommandFailure, usageError } from "./exit.ts";
import type { Io } from "./io.ts";

export interface Intent {
  /** What would be done, as a sentence without its end: `archive 12 events`. */
  readonly what: string;
  /** What `--yes` said. */
  readonly yes: boolean;
}

const AGREED = /^\s*(y|yes)\s*$/i;

/**
 * Resolves when it may be done.
 * @throws EventStoreError `EVT_INVALID_OPTION` where nobody can be asked; CommandFailure when the answer is no.
 */
export async function confirmed({ what, yes }: Intent, io: Io): Promise<void> {
  if (yes) return;
  if (!isPerson(io)) throw usageError(`this would ${what}; add --yes to do it, or --dry-run to only look`);
  io.progress?.(`${what}? [y/N] `);
  if (!AGREED.test(await answer(io.stdin))) throw new CommandFailure("nothing was changed");
}

/** Asks whoever is at stdin, a person or a pipe; undefined where nobody says anything. */
export async function answered(what: string, io: Io): Promise<boolean | undefined> {
  if (isPerson(io)) io.progress?.(`${what}? [y/N] `);
  const text = await answer(io.stdin);
  return text === "" ? undefined : AGREED.test(text);
}

function isPerson({ stdin, progress }: Io): boolean {
  return (stdin as { readonly isTTY?: boolean }).isTTY === true && progress !== undefined;
}

async function answer(stdin: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text;
}
