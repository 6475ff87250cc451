/** The REST adapter: MADSci's routes and `/v1`, as a Fastify plugin for your own app or as a whole server. */
import type { FastifyInstance } from "fastify";
import { mount } from "./mount.ts";
import { type RestOptions, resolveRestOptions } from "./options.ts";

export type { BackupDesk, ShownBackup } from "./backup-desk.ts";
export type { RateLimitOptions, RequestLimits, RestOptions } from "./options.ts";
export { reportThread } from "./report-thread.ts";
export type { Reporter, ReportForm, ReportName, ReportText, ReportWish } from "./reporter.ts";
export { createServer } from "./server.ts";

/**
 * Fastify plugin with every route, below the prefix it is registered with. Its hooks, content type parsers, error and
 * not-found handlers stay inside; the rest of the app is not touched.
 *
 * @example await app.register(eventRoutes, { prefix: "/lab", store });
 * @throws EventStoreError `EVT_INVALID_OPTION` naming the option.
 * @since 0.1.0
 */
export async function eventRoutes(app: FastifyInstance, options: RestOptions & { prefix?: string }): Promise<void> {
  mount(app, resolveRestOptions(options), { whole: app.prefix !== "" });
}
