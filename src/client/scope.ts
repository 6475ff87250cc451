/** Scope: what a client adds to every event it makes. Bound clients share everything else. */
import type { Source } from "../event/event.ts";
import type { Values } from "./call.ts";
import { currentEventContext } from "./event-context.ts";
import { contextOf } from "./fields.ts";

/** Turns the value of a key into what is logged, as in pino. @since 0.1.0 */
export type Serializers = Readonly<Record<string, (value: never) => unknown>>;

export interface Scope {
  readonly source: Source;
  readonly bound: Values;
  readonly serializers: Serializers;
  /** From which level on calls are sent. */
  readonly threshold: number;
  /** The same for whole events, which somebody took the trouble to make: all, unless a level was asked for. */
  readonly eventThreshold: number;
}

/** Fields of one call, the later winning: context around it, bound fields, its own. */
export function fieldsIn({ bound, serializers }: Scope, own: Values): Values {
  const { metadata } = currentEventContext();
  return { ...metadata, ...bound, ...serialized(own, serializers) };
}

/** Ids of one call before its own: those of the client, then those of the context around it. */
export function sourceIn({ source }: Scope): Source {
  return { ...source, ...currentEventContext().source };
}

/** A scope with more bound fields. */
export function withBound(scope: Scope, fields: Values, serializers: Serializers = scope.serializers): Scope {
  return { ...scope, serializers, bound: { ...scope.bound, ...serialized(contextOf(fields), serializers) } };
}

/** A scope without some of them. */
export function withoutBound(scope: Scope, keys: readonly string[]): Scope {
  const bound = Object.fromEntries(Object.entries(scope.bound).filter(([key]) => !keys.includes(key)));
  return { ...scope, bound };
}

function serialized(fields: Values, serializers: Serializers): Values {
  const names = Object.keys(serializers).filter((name) => Object.hasOwn(fields, name));
  if (names.length === 0) return fields;
  const out: Record<string, unknown> = { ...fields };
  for (const name of names) out[name] = applied(serializers[name] as (value: unknown) => unknown, fields[name]);
  return out;
}

function applied(serializer: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return serializer(value);
  } catch {
    return value;
  }
}
