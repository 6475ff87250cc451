/** StoreReports: reports made in this process, from a store. */
import {
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
import { inWordsOfFlags, type PeriodsWish, type ReportDesk } from "./report-desk.ts";
import type { ReportWish } from "./report-flags.ts";
import { watched } from "./report-progress.ts";

export class StoreReports implements ReportDesk {
  readonly #store: EventStore;
  readonly #io: Io;

  constructor(store: EventStore, io: Io) {
    this.#store = store;
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
    return { from, to, includeArchived, naiveTimezone: this.#store.naiveTimezone };
  }
}
