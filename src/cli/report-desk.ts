/** ReportDesk: who makes the reports a command prints: this process from a store, or a server. */
import type { Command } from "commander";
import { EventStoreError } from "../errors.ts";
import { localZone } from "../event/zone.ts";
import {
  type PeriodsOptions,
  type PeriodsReport,
  periods,
  type ReportOptions,
  type SessionsReport,
  sessions,
  type UsersReport,
  users,
} from "../report/index.ts";
import type { EventStore } from "../store/store.ts";
import type { Io } from "./io.ts";
import { serverOf } from "./open-access.ts";
import { commandConfig, openStore } from "./open-store.ts";
import type { ReportWish } from "./report-flags.ts";
import { watched } from "./report-progress.ts";

/** What only reports by period are asked. */
export interface PeriodsWish extends ReportWish {
  readonly by: NonNullable<PeriodsOptions["analysisType"]>;
  readonly includeUsers: boolean;
  readonly experimentsLimit: number | undefined;
  readonly experimentsOffset: number | undefined;
}

export interface ReportDesk extends AsyncDisposable {
  sessions(wish: ReportWish): Promise<SessionsReport>;
  periods(wish: PeriodsWish): Promise<PeriodsReport>;
  users(wish: ReportWish): Promise<UsersReport>;
}

/** @throws EventStoreError what opening throws; `EVT_INVALID_OPTION` where flags contradict each other */
export async function openReports(command: Command, io: Io): Promise<ReportDesk> {
  const server = serverOf(command);
  if (server !== undefined) {
    const { ServerReports } = await import("./report-server.ts");
    return new ServerReports(server);
  }
  const config = commandConfig(command, io);
  const store = await openStore(config, io, { readOnly: true });
  return new StoreReports(store, config.settings.naive_timezone ?? localZone(), io);
}

class StoreReports implements ReportDesk {
  readonly #store: EventStore;
  readonly #naiveTimezone: string;
  readonly #io: Io;

  constructor(store: EventStore, naiveTimezone: string, io: Io) {
    this.#store = store;
    this.#naiveTimezone = naiveTimezone;
    this.#io = io;
  }

  sessions(wish: ReportWish): Promise<SessionsReport> {
    return sessions(watched(this.#store, this.#io), this.#common(wish));
  }

  periods(wish: PeriodsWish): Promise<PeriodsReport> {
    const { by: analysisType, zone: timezone, includeUsers, experimentsLimit, experimentsOffset } = wish;
    const more = { analysisType, timezone, includeUsers, experimentsLimit, experimentsOffset };
    return periods(watched(this.#store, this.#io), { ...this.#common(wish), ...more }).catch(inWordsOfFlags);
  }

  users(wish: ReportWish): Promise<UsersReport> {
    return users(watched(this.#store, this.#io), this.#common(wish));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }

  #common({ from, to, includeArchived }: ReportWish): ReportOptions {
    return { from, to, includeArchived, naiveTimezone: this.#naiveTimezone };
  }
}

const UNITS = { hourly: "hour", daily: "day", weekly: "week", monthly: "month" } as const;

/** The library says `analysis_type "hourly"` where the user said `--by hour`. */
export function inWordsOfFlags(error: unknown): never {
  if (!(error instanceof EventStoreError && error.code === "EVT_INVALID_OPTION")) throw error;
  const message = error.message
    .replace(/analysis_type "(hourly|daily|weekly|monthly)"/g, (_, type: keyof typeof UNITS) => `--by ${UNITS[type]}`)
    .replaceAll("user_timezone", "--tz");
  throw new EventStoreError(error.code, message, { cause: error });
}
