/** Backups nobody should trust: refused with the file and the reason, and nothing changes in the target. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { restoreBackup } from "../../src/backup/restore.ts";
import { openScratch } from "../../src/backup/scratch.ts";
import { verifyBackup } from "../../src/backup/verify.ts";
import { shared } from "../helpers/shared.ts";
import { EVENTS, event, HOSTILE } from "./hostile-backups.ts";
import { bsonOf, writeBackup, writeDump } from "./outside-dump.ts";
import { type Place, restingIn, TARGETS } from "./targets.ts";

describe.each(TARGETS)("into $name", ({ within, skip }) => {
  // One place for all of them: what is refused changes nothing.
  describe("that is filled", () => {
    const filled = shared<Place>(
      (work) =>
        within(async (place) => {
          await filledPlace(place);
          await work(place);
        }),
      skip,
    );
    for (const [name, { make, reason }] of Object.entries(HOSTILE)) {
      it.skipIf(skip)(`${name} is refused and changes nothing`, async () => {
        const place = filled();
        const before = await restingIn(place);
        expect(Object.keys(before.events ?? {})).not.toEqual([]);
        const folder = mkdtempSync(join(place.folder, "hostile-"));
        const path = await make(folder);
        const target = await place.open();
        try {
          for (const drop of [false, true]) {
            const refused = restoreBackup(path, { target, drop });
            await expect(refused).rejects.toMatchObject({
              code: "EVT_INVALID_OPTION",
              message: expect.stringMatching(reason),
            });
          }
        } finally {
          await target.close();
        }
        expect(await restingIn(place)).toEqual(before);
        const scratch = () => openScratch(place.url, { database: place.database });
        const verdict = await verifyBackup(path, { scratch });
        expect(verdict).toMatchObject({ valid: false, reason: expect.stringMatching(reason) });
      });
    }
  });

  it.skipIf(skip)("a backup of another database than the one that is meant is refused", () =>
    within(async (place) => {
      const path = writeBackup(join(place.folder, "b"), EVENTS);
      const target = await place.open();
      const refused = restoreBackup(path, { target, expectDatabase: "madsci_events" });
      await expect(refused).rejects.toThrow(/of the database lab, not of madsci_events/);
      await target.close();
    }),
  );

  it.skipIf(skip)("documents with the same id twice are refused in place of what is there", () =>
    within(async (place) => {
      await filledPlace(place);
      const before = await restingIn(place);
      const path = writeDump(join(place.folder, "b"), { events: [event(1), event(1)] });
      const target = await place.open();
      await expect(restoreBackup(path, { target, drop: true })).rejects.toThrow(/comes twice/);
      await target.close();
      expect(await restingIn(place)).toEqual(before);
    }),
  );
});

it("a name that could move a terminal is shown harmlessly", async () => {
  await TARGETS[0]?.within(async ({ folder, open }) => {
    mkdirSync(join(folder, "b"));
    writeFileSync(join(folder, "b", "\u001b[2Jx.bson"), bsonOf([{ a: 1 }]));
    const target = await open();
    const refused = restoreBackup(join(folder, "b"), { target });
    await expect(refused).rejects.toThrow(/^[^\u001b]*$/);
  });
});

/** Something that must still be there. */
async function filledPlace(place: Place): Promise<void> {
  const path = writeDump(join(place.folder, "before"), { events: [event(100), event(101)] });
  const target = await place.open();
  await restoreBackup(path, { target });
  await target.close();
}
