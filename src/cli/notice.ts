/** Notices: what a person wants to know beside the events, dim on stderr. */
import { oneLine } from "./exit.ts";
import type { Io } from "./io.ts";
import { paintFor } from "./paint.ts";

/** @param color what `--color` said */
export function notice(io: Io, message: string, color?: string): void {
  const terminal = io.progress !== undefined;
  io.err(paintFor(color, terminal, io)("dim", `-- ${oneLine(message)}`));
}
