/** Flags that take a length of time: `30m`, `8h`, `7d`. */
import { parseSpan } from "../alert/spans.ts";
import { usageError } from "./exit.ts";

/** Milliseconds, more than 0. @throws EventStoreError `EVT_INVALID_OPTION` */
export function spanFlag(flag: string, text: string): number;
export function spanFlag(flag: string, text: string | undefined): number | undefined;
export function spanFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseSpan(text.trim());
  if (ms !== undefined && ms > 0) return ms;
  throw usageError(`--${flag} takes a length of time such as 30m, 8h or 7d`);
}
