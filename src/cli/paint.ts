/**
 * Paint: colour for people, and none for anybody else.
 *
 * `--color` and `--no-color` win over FORCE_COLOR, that over NO_COLOR (as in Node), and these over whether a terminal
 * reads along. Only the sixteen colours every terminal has, so that its own theme decides how they look.
 */
import { booleanOption } from "./flags.ts";
import type { Io } from "./io.ts";

export type Style = "dim" | "red" | "yellow" | "green" | "cyan" | "alarm" | "plain";

const CODES = { dim: "2", red: "31", yellow: "33", green: "32", cyan: "36", alarm: "1;31", plain: "" } as const;

/** Text in a style; unchanged where colour is not wanted. */
export type Paint = (style: Style, text: string) => string;

const COLOURED: Paint = (style, text) => (CODES[style] === "" ? text : `\u001b[${CODES[style]}m${text}\u001b[0m`);
export const UNPAINTED: Paint = (_style, text) => text;

export const colorOption = () => booleanOption("color", "colour; default: on a terminal");

type Given = Pick<Io, "env">;

/**
 * @param flag what `--color` said
 * @param terminal whether a person reads what is painted
 */
export function paintFor(flag: string | undefined, terminal: boolean, { env }: Given): Paint {
  return isWanted(flag, terminal, env) ? COLOURED : UNPAINTED;
}

function isWanted(flag: string | undefined, terminal: boolean, env: Given["env"]): boolean {
  if (flag !== undefined) return flag === "true";
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  if (no !== undefined && no !== "") return false;
  return terminal && term !== "dumb";
}
