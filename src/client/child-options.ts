/** Child options: what pino's `child` takes beside the fields. */
import { invalid } from "../ship/option-checks.ts";
import type { LevelInput } from "./levels.ts";
import type { Serializers } from "./scope.ts";

/** Options of pino's `child`. @since 0.1.0 */
export interface ChildOptions {
  readonly level?: LevelInput;
  readonly serializers?: Serializers;
}

/** Read once. @throws EventStoreError `EVT_INVALID_OPTION` where a getter throws */
export function childOptions(options: ChildOptions): ChildOptions {
  try {
    const { level, serializers } = options;
    return { level, serializers: { ...serializers } };
  } catch {
    throw invalid("the options of child cannot be read: pass { level, serializers }");
  }
}
