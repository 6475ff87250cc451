/**
 * Conditions in SQL: text, values, and whether they say exactly what the selector says.
 *
 * Every condition is true for at least the events the selector accepts (it may over-match, never miss), and is 1 or 0,
 * never NULL. `exact` means it is also false for all others; only then may it be negated.
 */
import type { SqlValue } from "./driver.ts";

export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly exact: boolean;
}

export const TRUE: Condition = { sql: "1", values: [], exact: true };
export const FALSE: Condition = { sql: "0", values: [], exact: true };
/** Nothing is known: every event may match. */
export const UNKNOWN: Condition = { sql: "1", values: [], exact: false };

export function condition(sql: string, values: readonly SqlValue[] = [], exact = true): Condition {
  return { sql, values, exact };
}

function isTrue(it: Condition): boolean {
  return it.sql === "1";
}

export function isFalse(it: Condition): boolean {
  return it.sql === "0";
}

export function loose(it: Condition): Condition {
  return isFalse(it) ? it : { ...it, exact: false };
}

export function allOf(children: readonly Condition[]): Condition {
  if (children.some(isFalse)) return FALSE;
  const exact = children.every((child) => child.exact);
  return (
    joined(
      children.filter((child) => !isTrue(child)),
      " and ",
      exact,
    ) ?? (exact ? TRUE : UNKNOWN)
  );
}

export function anyOf(children: readonly Condition[]): Condition {
  if (children.some((child) => isTrue(child) && child.exact)) return TRUE;
  if (children.some(isTrue)) return UNKNOWN;
  const open = children.filter((child) => !isFalse(child));
  return (
    joined(
      open,
      " or ",
      open.every((child) => child.exact),
    ) ?? FALSE
  );
}

/** The opposite of an exact condition; nothing is known of the opposite of another. */
export function negated(it: Condition): Condition {
  if (!it.exact) return UNKNOWN;
  if (isTrue(it)) return FALSE;
  return isFalse(it) ? TRUE : { ...it, sql: `not (${it.sql})` };
}

function joined(children: readonly Condition[], word: string, exact: boolean): Condition | undefined {
  const [only] = children;
  if (!only) return undefined;
  if (children.length === 1) return { ...only, exact };
  const sql = `(${children.map((child) => child.sql).join(word)})`;
  return { sql, values: children.flatMap((child) => child.values), exact };
}

/** A text as parameter. Drivers cut text at NUL, so such a text travels as JSON. */
export function textParameter(text: string): { readonly sql: string; readonly value: string } {
  return text.includes("\0") ? { sql: "(? ->> '$')", value: JSON.stringify(text) } : { sql: "?", value: text };
}

/** `expression in (list)` with one parameter however long the list; 0 where the expression is NULL. */
export function inList(expression: string, list: readonly (string | number | bigint)[]): Condition {
  if (list.length === 0) return FALSE;
  const json = `[${list.map((item) => (typeof item === "string" ? JSON.stringify(item) : String(item))).join(",")}]`;
  return condition(`ifnull(${expression} in (select value from json_each(?)), 0)`, [json]);
}
