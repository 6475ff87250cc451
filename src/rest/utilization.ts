/**
 * `GET /utilization/…`: what the events say about the use of a lab, as JSON, as CSV, or as a CSV file in the export directory.
 *
 *   parameters ─► may it be saved? ─► its turn ─► report ─► text in pieces ─► answer, or file
 *
 * Failures have their status; `strict=false` makes 200 and `{"error": …}` of them, for MADSci's client. HEAD makes no report.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ReportOptions } from "../report/index.ts";
import { docOf, periodsQuery, plainQuery } from "./report-docs.ts";
import { errorText, isOutOfMemory, reportFailure } from "./report-failure.ts";
import { PERIODS, type ReportKind, SESSIONS, USERS } from "./report-kinds.ts";
import { periodsSchema } from "./report-periods-schema.ts";
import type { ReportRequest } from "./report-query.ts";
import { dayOf, placeOf, save } from "./report-save.ts";
import { sessionsSchema, usersSchema } from "./report-schemas.ts";
import { textOf } from "./report-text.ts";
import type { ReportText } from "./reporter.ts";
import { JSON_TYPE, type Rest, type Route, type RouteDoc, sendJson } from "./route.ts";
import { sendPieces } from "./stream.ts";

const CSV_TYPE = "text/csv; charset=utf-8";

interface Call<Options> {
  readonly rest: Rest;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly asked: ReportRequest<Options>;
}

function handlerOf<Report, Options extends ReportOptions>(kind: ReportKind<Report, Options>): Route["handle"] {
  return async (rest, request, reply) => {
    const asked = kind.read(request.url);
    if (request.method === "HEAD") return reply.type(asked.csv && !asked.save ? CSV_TYPE : JSON_TYPE).send("");
    try {
      return await answer(kind, { rest, request, reply, asked });
    } catch (error) {
      if (isOutOfMemory(error)) rest.options.onError?.(error, `GET ${request.routeOptions.url}`);
      const failure = reportFailure(error, request.url);
      if (asked.strict) throw failure;
      return sendJson(reply, errorText(kind.failed, failure));
    }
  };
}

async function answer<Report, Options extends ReportOptions>(kind: ReportKind<Report, Options>, call: Call<Options>) {
  const { rest, request, reply, asked } = call;
  const place = asked.save && placeOf(rest, request, asked.save.outputPath);
  const { savedName, pieces } = await make(kind, call);
  if (asked.csv === undefined) return sendPieces(reply, pieces, { type: JSON_TYPE });
  if (place === undefined) {
    reply.header("content-disposition", `attachment; filename=${kind.download}`);
    return sendPieces(reply, pieces, { type: CSV_TYPE });
  }
  const name = `${savedName}_${dayOf(rest.options.now())}.csv`;
  const file_path = await save(rest, place, { name, pieces });
  return sendJson(
    reply,
    JSON.stringify({ ...SAVED, file_path, csv_format: true, saved_to_server: true, report_type: kind.type }),
  );
}

const SAVED = { success: true, message: "CSV file saved successfully" };

function make<Report, Options extends ReportOptions>(
  kind: ReportKind<Report, Options>,
  { rest, reply, asked }: Call<Options>,
): Promise<ReportText> {
  const { store, options, reports, reporter } = rest;
  const { maxReports: most, reportTimeoutMs: limitMs, now } = options;
  const wish = { ...asked.options, naiveTimezone: store.naiveTimezone };
  const form = asked.csv ?? "json";
  return reports.run(reply, { most, limitMs }, async (signal) => {
    await store.ping(); // whoever else could read it: when it is closed, it is closed
    const made = await reporter?.make(kind.name, form, { ...wish, at: now() }, signal);
    return made ?? textOf(kind, await kind.make(store, { ...wish, signal, now }), { form, signal });
  });
}

const routeOf = (path: string, handle: Route["handle"], doc: () => RouteDoc): Route => ({
  method: "GET",
  path: `/utilization/${path}`,
  handle,
  doc,
});
const SESSIONS_DOC = "Sessions of labs and workcells, with their experiments and nodes";
const PERIODS_DOC = "Use by hour, day, week or month, at most 10 000 of them";
const usersDoc = () => docOf("Workflows by author", plainQuery, usersSchema);

/** MADSci's client asks for `users`, where its server has `user`. */
export const UTILIZATION_ROUTES: readonly Route[] = [
  routeOf("sessions", handlerOf(SESSIONS), () => docOf(SESSIONS_DOC, plainQuery, sessionsSchema)),
  routeOf("periods", handlerOf(PERIODS), () => docOf(PERIODS_DOC, periodsQuery, periodsSchema)),
  routeOf("user", handlerOf(USERS), usersDoc),
  routeOf("users", handlerOf(USERS), usersDoc),
];
