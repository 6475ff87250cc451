/** Diagnostics: what a client has to say about itself, to the application's own function or on standard error. */
import { createReport } from "../ship/report.ts";

/**
 * Something worth knowing about the client: never about what the application did right.
 * @since 0.1.0
 */
export interface Diagnostic {
  /** What kind: `"new id"`, `"invalid event"`, `"link down"`, `"dropped memory"` … */
  readonly kind: string;
  /** One sentence, without event data and without secrets. */
  readonly message: string;
  /** Id of the event it is about. */
  readonly eventId?: string;
  /** The id it was first given, where it got a new one. */
  readonly firstEventId?: string;
}

/** Notes are of interest only to who listens; everything else goes to standard error otherwise. */
export type Tell = (diagnostic: Diagnostic, isNote?: boolean) => void;

/** Never throws, whatever the application's function does. */
export function diagnosticsTo(onDiagnostic: ((diagnostic: Diagnostic) => void) | undefined): Tell {
  const report = createReport();
  return (diagnostic, isNote = false) => {
    if (onDiagnostic === undefined) {
      if (!isNote) report(diagnostic.kind, diagnostic.message);
      return;
    }
    try {
      onDiagnostic(diagnostic);
    } catch (error) {
      report("onDiagnostic", `onDiagnostic failed: ${error instanceof Error ? error.message : typeof error}`);
    }
  };
}
