/** The backups of `serve`: the desk its routes ask, and the schedule that runs beside it. */
import { databaseOfFile } from "../backend/open-dump.ts";
import { nextTimes, type Schedule, startSchedule, zonedText } from "../backup/schedule.ts";
import type { EventStore } from "../store/store.ts";
import { ServedDesk } from "./backup-desk.ts";
import type { Config } from "./config.ts";
import { sqliteFile } from "./database-url.ts";
import { type Io, warn } from "./io.ts";
import { placeOf } from "./migrate-place.ts";
import type { Settings } from "./settings.ts";

const LABEL = "scheduled";

export interface ServedBackups {
  readonly desk: ServedDesk;
  close(): Promise<void>;
}

export type BackupTimes = Pick<Settings, "backup_enabled" | "backup_schedule" | "naive_timezone">;

/** When backups are made by themselves; undefined where they are not. */
export function timesOf(settings: BackupTimes): { readonly cron: string; readonly zone: string } | undefined {
  const { backup_enabled, backup_schedule: cron, naive_timezone } = settings;
  return backup_enabled && cron !== null ? { cron, zone: naive_timezone ?? "UTC" } : undefined;
}

/** Undefined for a database in memory, which nobody can back up from outside. */
export function serveBackups(store: EventStore, config: Config, io: Io): ServedBackups | undefined {
  const { settings } = config;
  const file = sqliteFile(settings.mongo_db_url);
  if (file === undefined && !settings.mongo_db_url.startsWith("mongodb")) return undefined;
  const place = placeOf(config, undefined, io);
  const say = (message: string) => warn(io, `backup: ${message}`);
  const desk = new ServedDesk({
    place,
    database: file === undefined ? undefined : databaseOfFile(file),
    enabled: settings.backup_enabled,
    keep: settings.backup_max_count,
    warn: say,
    tell: (event) => store.append(event),
    now: () => new Date(),
  });
  const schedule = scheduled(desk, settings, say);
  return {
    desk,
    async close() {
      const closing = schedule?.close();
      await desk.close();
      await closing;
    },
  };
}

/** The desk tells of what fails. */
function scheduled(desk: ServedDesk, settings: Settings, say: (message: string) => void): Schedule | undefined {
  const times = timesOf(settings);
  if (times === undefined) return undefined;
  return startSchedule({
    ...times,
    newest: () => desk.newest(),
    run: async () => {
      if ((await desk.create(LABEL)) === undefined) say("another backup is under way; this time is left out");
    },
    onTrouble: () => {},
    now: () => new Date(),
  });
}

/** `  backup "0 3 * * *" (UTC), next 2026-03-05T03:00:00Z, into …` */
export function backupLine(settings: Settings, dir: string): string | undefined {
  const times = timesOf(settings);
  if (times === undefined) return undefined;
  const [next] = nextTimes(times.cron, times.zone, { from: new Date(), count: 1 });
  return `  backup "${times.cron}" (${times.zone}), next ${next ? zonedText(next, times.zone) : "never"}, into ${dir}`;
}

/** What looks like a mistake about scheduled backups. */
export function backupDoubts({ backup_enabled, backup_schedule, mongo_db_url }: Settings): string[] {
  if (backup_enabled && mongo_db_url === "memory:") return ["a database in memory is never backed up"];
  if (backup_enabled && backup_schedule === null)
    return ['backup_enabled is on, but no backup_schedule says when; set it to something like "0 3 * * *"'];
  if (!backup_enabled && backup_schedule !== null)
    return ["backup_schedule is set, but backup_enabled is off: no backup is made by itself"];
  return [];
}
