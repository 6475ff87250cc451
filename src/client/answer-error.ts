/** What a server's refusal means: status and words → an error with the code that says what the caller can do. */
import { EventStoreError, type EventStoreErrorCode, type FieldIssue } from "../errors.ts";
import { parseJson } from "../event/json.ts";

export interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** @param invalid what a 422 is about, where the answer does not say it itself */
export function refusalError(request: string, answer: Refusal, invalid: EventStoreErrorCode): EventStoreError {
  const body = bodyOf(answer.text);
  const words = wordsOf(body);
  const message = `${request}: HTTP ${answer.status}${words === "" ? "" : `: ${words}`}`;
  return new EventStoreError(codeOf(answer.status, body, invalid), message, { issues: issuesOf(body) });
}

type Body = Readonly<Record<string, unknown>>;

const BY_STATUS: Readonly<Record<number, EventStoreErrorCode>> = {
  408: "EVT_BACKEND_UNAVAILABLE",
  409: "EVT_CONFLICT",
  413: "EVT_TOO_LARGE",
  425: "EVT_BACKEND_UNAVAILABLE",
  429: "EVT_BACKEND_UNAVAILABLE",
};
const BY_KIND: Readonly<Record<string, EventStoreErrorCode>> = {
  "invalid-selector": "EVT_INVALID_SELECTOR",
  "invalid-event": "EVT_INVALID_EVENT",
};

/** What is left of the 3xx and 4xx (no such route, no permission, a redirect) is the fault of an option: the address, the token. */
function codeOf(status: number, body: Body, invalid: EventStoreErrorCode): EventStoreErrorCode {
  const kind = typeof body.type === "string" ? BY_KIND[body.type.split(":").at(-1) ?? ""] : undefined;
  if (status === 400 || status === 422) return kind ?? invalid;
  return BY_STATUS[status] ?? (status >= 500 ? "EVT_BACKEND_UNAVAILABLE" : "EVT_INVALID_OPTION");
}

function bodyOf(text: string): Body {
  try {
    const body = parseJson(text);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Body) : {};
  } catch {
    return {};
  }
}

/** A problem's `detail`, a FastAPI error's text or its first message. */
function wordsOf({ detail, title, error_description: description }: Body): string {
  const first = Array.isArray(detail) ? (detail[0] as Body | undefined)?.msg : (detail ?? description ?? title);
  return typeof first === "string" ? first.slice(0, 500) : "";
}

function issuesOf({ detail, errors }: Body): FieldIssue[] {
  if (Array.isArray(detail)) return detail.slice(0, 100).map(fastApiIssue);
  return Array.isArray(errors) ? errors.slice(0, 100).map(problemIssue) : [];
}

function fastApiIssue(given: Body): FieldIssue {
  const loc = Array.isArray(given.loc) ? given.loc : [];
  return { type: String(given.type), loc, msg: String(given.msg), input: given.input };
}

/** `#/selector/a` → `["selector", "a"]`. */
function problemIssue({ pointer, parameter, code, detail }: Body): FieldIssue {
  const path = typeof pointer === "string" ? pointer.replace(/^#/, "").split("/").slice(1) : [];
  const loc =
    typeof parameter === "string" ? [parameter] : path.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return { type: String(code), loc, msg: String(detail), input: undefined };
}
