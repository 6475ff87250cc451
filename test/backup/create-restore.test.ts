/** What one engine's backup holds is what another's restore puts there, in every format. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { backupTool } from "../../src/backup/tool.ts";
import { mongoSkip } from "../helpers/mongo.ts";
import { shared } from "../helpers/shared.ts";
import { type Filled, filledFile, inFolder, withDatabase } from "./filled.ts";
import { type Place, restingIn, TARGETS } from "./targets.ts";

type Work = (filled: Filled, dir: string) => Promise<void>;
const SOURCES = [
  { name: "sqlite", skip: false, within: (work: Work) => inFolder(async (dir) => work(await filledFile(dir), dir)) },
  {
    name: "mongo",
    skip: mongoSkip !== undefined,
    within: (work: Work) => inFolder((dir) => withDatabase((filled) => work(filled, dir))),
  },
];
const FORMATS = [
  { format: "folder", gzip: false },
  { format: "folder", gzip: true },
  { format: "archive", gzip: false },
  { format: "archive", gzip: true },
] as const;

/** Without the place of a mark in its batch, which is the target's own. */
async function resting(place: Pick<Place, "url" | "database">): Promise<unknown> {
  const { events = {}, alert_incidents = {} } = await restingIn(place as Place);
  expect([Object.keys(events).length, Object.keys(alert_incidents).length]).toEqual([30, 1]);
  return JSON.parse(JSON.stringify({ events, alert_incidents }).replace(/"n":(?:\d+|\{[^{}]*\})/g, '"n":0'));
}

for (const source of SOURCES)
  for (const target of TARGETS)
    describe.skipIf(source.skip || target.skip)(`a backup of ${source.name}, restored into ${target.name}`, () => {
      const filled = shared<readonly [Filled, string]>((work) => source.within((its, dir) => work([its, dir])));
      for (const { format, gzip } of FORMATS)
        it(`is the same, as ${format}${gzip ? " packed" : ""}`, () =>
          target.within(async (place) => {
            const [{ url, database }, dir] = filled();
            const from = await openDumpSource(url, { database });
            const options = { dir: join(dir, `backups ${format} ${gzip}`), format, gzip, now: () => new Date() };
            const backup = await backupTool.create({ source: from, ...options });
            await from.close();
            expect(await backupTool.isValid(backup)).toBe(true);
            expect(await backupTool.list(options.dir)).toEqual([backup]);
            expect(await backupTool.verify(backup.path, {})).toMatchObject({ valid: true, reason: null });
            const into = await place.open();
            await backupTool.restore(backup.path, { target: into, drop: true });
            await into.close();
            expect(await resting(place)).toEqual(await resting({ url, database }));
            await backupTool.delete(backup.path);
            expect(await backupTool.list(options.dir)).toEqual([]);
          }));
    });

describe("a copy of an SQLite file", () => {
  it("is restored into another", () =>
    inFolder(async (dir) => {
      const { url, database } = await filledFile(dir);
      const from = await openDumpSource(url);
      const { path } = await backupTool.create({ source: from, dir: join(dir, "backups"), now: () => new Date() });
      await from.close();
      await TARGETS[0]?.within(async (place) => {
        const into = await place.open();
        await backupTool.restore(path, { target: into, drop: true });
        await into.close();
        expect(await resting(place)).toEqual(await resting({ url, database }));
      });
    }));
});
