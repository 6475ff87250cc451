/** A spool that cannot be written at all, or is taken away: the application lives, lines go on, nothing is lost. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { App, drain } from "./ship/app.ts";
import { noMount, remount, smallDisk } from "./ship/disk.ts";
import { expectWhole, storedIn } from "./ship/oracle.ts";
import { scene } from "./ship/scene.ts";

const DOWN = { mode: "status", status: 503 } as const;

it.skipIf(noMount)("delivers from memory on a disk that takes no changes, and spools when it does", async () => {
  const at = await scene();
  smallDisk(at.spool, "size=8m,ro");
  const app = new App({
    options: at.options,
    steps: [
      ["log", 500],
      ["settled"],
      ["stats"],
      ["tell", "sent"],
      ["until", "rw"],
      ["log", 500],
      ["until", "end"],
      ["end"],
    ],
  });
  await app.says("sent");
  expect(app.told.stats).toMatchObject({ spool: "degraded", acknowledged: 500 });
  expect(app.stderr).toContain("cannot spool to disk");
  await at.fault.be(DOWN);
  remount(at.spool, "size=8m,rw");
  app.go("rw");
  await expect.poll(() => app.stderr, { timeout: 20_000 }).toContain("spooling to disk again");
  app.go("end");
  expect(await app.ended).toMatchObject({ code: 0 });
  await at.expectAll(1000);
});

it("delivers from memory when the path of the spool leads below a file", async () => {
  const at = await scene();
  writeFileSync(at.spool, "not a folder");
  const options = { ...at.options, spool: { dir: join(at.spool, "deeper", "spool") } };
  const app = new App({ options, steps: [["log", 500], ["settled"], ["stats"], ["end"]] });
  const { code, stderr } = await app.ended;
  expect([code, stderr.includes("cannot spool to disk (ENOTDIR)")]).toEqual([0, true]);
  expect(app.told.stats).toMatchObject({ spool: "degraded", acknowledged: 500, pending: 0 });
  expectWhole({ emitted: 500, stored: await storedIn(at.database) });
});

it.each([
  ["the process's own folder", "own", "end"],
  ["the folder of all spools", "root", "end"],
  ["the process's own folder, then it is killed", "own", "SIGKILL"],
])("loses nothing when %s is removed under it", async (_what, what, last) => {
  const at = await scene();
  await at.fault.be(DOWN);
  const app = new App({
    options: at.options,
    run: what,
    steps: [
      ["ready"],
      ["pace", 500, 1],
      ["flush"],
      ["tell", "gone"],
      ["until", "on"],
      ["pace", 500, 1],
      ["sleep", 1500],
      ["tell", "on"],
      ["until", "end"],
      ["log", 10],
      ["end"],
    ],
  });
  await app.says("gone");
  const own = readdirSync(at.spool).find((name) => /^[0-9A-Z]{26}$/.test(name)) as string;
  rmSync(what === "root" ? at.spool : join(at.spool, own), { recursive: true, maxRetries: 5 });
  app.go("on");
  await app.says("on");
  expect(app.stderr).toContain("was taken away; making it anew");
  if (last === "end") {
    app.go("end");
    expect(await app.ended).toMatchObject({ code: 0 });
  } else await app.kill("SIGKILL");
  await at.fault.be({ mode: "pass" });
  await drain(at.options);
  expectWhole({ emitted: last === "end" ? 1010 : 1000, stored: await storedIn(at.database) });
});
