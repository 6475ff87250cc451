/** Making a backup that counts: it is restored for comparison, and only a good one lets older ones go. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DumpTarget } from "../../src/backend/dump-contract.ts";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { Connection } from "../../src/backend/sqlite/connection.ts";
import { makeBackup } from "../../src/backup/make.ts";
import { openScratch } from "../../src/backup/scratch.ts";
import type { MakeBackupOptions } from "../../src/backup/types.ts";
import { rawClient } from "../helpers/mongo.ts";
import { filledFile, inFolder } from "./filled.ts";
import { type Place, TARGETS } from "./targets.ts";

afterEach(() => vi.unstubAllEnvs());

const there = (dir: string) => readdirSync(dir).filter((name) => name.includes("_backup_"));

/** Takes an event away from what was restored, as a failing disk would. */
async function loseOne(place: Place, { database }: DumpTarget): Promise<void> {
  if (place.kind === "mongo") {
    const client = await rawClient(place.url);
    await client.db(database).collection("events").deleteOne({});
    return client.close();
  }
  const [folder = ""] = readdirSync(place.folder).filter((name) => name.startsWith("madsci-events-verify-"));
  const connection = await Connection.open(join(place.folder, folder, "scratch.db"));
  connection.exec("delete from events where seq = (select max(seq) from events)");
  connection.close();
}

/** A source of thirty events, one backup of it, and how to make the next, which takes the first one's place. */
async function prepared({ folder, url }: Place) {
  vi.stubEnv("TMPDIR", folder);
  const source = await openDumpSource((await filledFile(folder)).url);
  const common = { source, dir: join(folder, "backups"), keep: 1, format: "folder", now: () => new Date() } as const;
  const first = await makeBackup({ ...common, label: "first" });
  const next = (more: Partial<MakeBackupOptions>) => makeBackup({ ...common, label: "next", ...more });
  const scratch = () => openScratch(url, { database: "lab", naiveTimezone: "UTC" });
  return { source, dir: common.dir, first: first.name, next, scratch };
}

describe.each(TARGETS)("tested in $name", ({ within, skip }) => {
  it.skipIf(skip)("a good one lets the older go", () =>
    within(async (place) => {
      const { source, dir, next, scratch } = await prepared(place);
      const { name } = await next({ scratch });
      expect(there(dir)).toEqual([name]);
      await source.close();
    }),
  );

  it.skipIf(skip)("C64: one that does not restore to what it holds is deleted, and the older stays", () =>
    within(async (place) => {
      const { source, dir, first, next, scratch } = await prepared(place);
      let target: DumpTarget | undefined;
      const opening = async () => {
        target = await scratch();
        return target;
      };
      const onStep = (step: string) =>
        step === "restored into scratch" ? loseOne(place, target as DumpTarget) : undefined;
      await expect(next({ scratch: opening, onStep })).rejects.toThrow(
        "Backup restore test failed: events: 29 of 30 document(s) were restored",
      );
      expect(there(dir)).toEqual([first]);
      await source.close();
    }),
  );
});

it("C64: without a scratch database it stays, untested, and so does the older one", () =>
  inFolder(async (folder) => {
    const place = { folder, url: `sqlite:${join(folder, "lab.db")}` } as Place;
    const { source, dir, first, next, scratch } = await prepared(place);
    vi.stubEnv("TMPDIR", join(folder, "nowhere"));
    const failing = next({ scratch });
    await expect(failing).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
    await expect(failing).rejects.toThrow(
      /^Backup restore test failed: no scratch database .* was not tested, it stays$/,
    );
    expect(there(dir)).toEqual([first, expect.stringMatching(/_next$/)]);
    await source.close();
  }));
