/** Failures of `/v1` as RFC 9457 problem documents, with JSON pointers to what is wrong. */
import type { EventStoreError } from "../errors.ts";
import { stringifyJson } from "../event/json.ts";
import { Failure, type Issue, KIND_OF, KINDS, type Kind, STATUS } from "./failure.ts";

/** Media type of a problem document. */
export const PROBLEM_TYPE = "application/problem+json";

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly errors?: readonly ProblemIssue[];
}

interface ProblemIssue {
  readonly detail: string;
  readonly code: string;
  /** RFC 6901 pointer into the body. */
  readonly pointer?: string;
  /** Name of the query or path parameter. */
  readonly parameter?: string;
}

/** The stable identifier of a kind of problem. */
function problemType(kind: Kind): string {
  return `urn:madsci-events:problem:${kind}`;
}

/** @param instance path of the request, without its query */
export function problemText(failure: Failure, instance?: string): string {
  return stringifyJson(problemOf(failure, instance));
}

/** The problem of one event in a batch, placed at `root` (a pointer, e.g. `/3`). */
export function itemProblem(error: EventStoreError, root: string): Problem {
  const issues = error.issues.map((issue) => ({ ...issue, loc: ["body", ...issue.loc] }));
  return problemOf(new Failure(STATUS[error.code], KIND_OF[error.code], error.message, { issues }), undefined, root);
}

function problemOf({ status, kind, message, issues }: Failure, instance?: string, root = ""): Problem {
  return {
    type: problemType(kind),
    title: KINDS[kind],
    status,
    detail: message,
    ...(instance !== undefined && { instance }),
    ...(issues.length > 0 && { errors: issues.map((issue) => problemIssue(issue, root)) }),
  };
}

function problemIssue({ loc, msg, type }: Issue, root: string): ProblemIssue {
  const [where, ...path] = loc;
  if (type === "json_invalid")
    return { detail: `${msg}${path.map((at) => ` at character ${at}`).join("")}`, code: type, pointer: root };
  if (where !== "body") return { detail: msg, code: type, parameter: path.join(".") };
  return { detail: msg, code: type, pointer: root + path.map((key) => `/${escapePointer(String(key))}`).join("") };
}

function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
