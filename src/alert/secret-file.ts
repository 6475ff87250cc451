/**
 * Secrets of a configuration: `env:NAME` or `file:PATH`, looked up by whoever may; written in plain they are accepted
 * with a warning. No message ever holds one, nor anything that stands where one should.
 */
import type { Field } from "./field.ts";
import type { PlanContext } from "./options.ts";
import type { Section } from "./section.ts";

const REF = /^(?:env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:[^\u0000-\u001f\u007f]{1,1000})$/;
const MAX_SECRET = 4_096;

/** Stands in for a resolver where secrets are not to be looked up (lint without one). */
export const UNCHECKED = (): string => "unchecked";

export function isRef(value: unknown): value is string {
  return typeof value === "string" && REF.test(value);
}

/**
 * The secret under `<name>Ref`, or in plain under `<name>`; null where neither is written. One that cannot be had is no
 * secret that is missing: something else stands for it, so that only the one trouble is told.
 */
export function readSecret(section: Section, name: string, context: PlanContext): string | null {
  const [ref, plain] = [section.field(`${name}Ref`), section.field(name)];
  if (ref.given && plain.given) plain.error(`means the same as ${ref.path}; keep one`);
  if (ref.given) return (isRef(ref.value) ? resolved(ref, ref.value, context) : notRef(ref)) ?? UNCHECKED();
  if (!plain.given) return null;
  if (isRef(plain.value)) return resolved(plain, plain.value, context) ?? UNCHECKED();
  plain.warning(`is written in plain; keep it elsewhere and write env:NAME or file:PATH`);
  return usable(plain, plain.value) ?? UNCHECKED();
}

/** A text that may be a reference, e.g. a header's value. */
export function textOrRef(field: Field, context: PlanContext): string | undefined {
  if (isRef(field.value)) return resolved(field, field.value, context) ?? undefined;
  return field.text(MAX_SECRET);
}

/** What a reference stands for; a file may have many lines. */
export function resolved(field: Field, ref: string, context: PlanContext): string | null {
  const kind = ref.startsWith("env:") ? "the environment variable is not set" : "the file cannot be read or is empty";
  const value = lookUp(ref, context);
  return value === undefined || value === "" ? (field.error(`${ref} cannot be resolved: ${kind}`) ?? null) : value;
}

function lookUp(ref: string, context: PlanContext): string | undefined {
  try {
    return context.secret?.(ref)?.replace(/\r?\n$/, "");
  } catch {
    return undefined;
  }
}

function notRef(field: Field): null {
  return field.error("must say where it is kept: env:NAME or file:PATH") ?? null;
}

function usable(field: Field, value: unknown): string | null {
  const isText = typeof value === "string" && value !== "" && value.length <= MAX_SECRET;
  return isText ? value : (field.error(`must be a text of at most ${MAX_SECRET} characters`) ?? null);
}
