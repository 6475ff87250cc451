/** The disk of the spool is full: the application lives, nothing is torn, and what is lost is counted. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { App, drain } from "./ship/app.ts";
import { noMount, remount, smallDisk } from "./ship/disk.ts";
import { expectWhole, storedIn } from "./ship/oracle.ts";
import { scene } from "./ship/scene.ts";

const ROUNDS = Math.max(1, Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 25));
const DOWN = { mode: "status", status: 503 } as const;
const BACK_MS = 30_000;

describe.skipIf(noMount)("a full disk", () => {
  it.each([
    ["there is a larger one", "larger"],
    ["a file is removed", "filler"],
  ])(`keeps lines in memory, and spools again when ${"%s"} (${ROUNDS} times)`, async (_how, how) => {
    const at = await scene();
    smallDisk(at.spool, how === "larger" ? "size=256k" : "size=1m");
    const filler = join(at.spool, "filler");
    if (how === "filler") writeFileSync(filler, Buffer.alloc(800_000));
    await at.fault.be(DOWN);
    const app = new App({
      options: at.options,
      run: "full",
      steps: [["ready"], ["pace", 2000, 1], ["flush"], ["stats"], ["tell", "full"], ["until", "room"], ["log", 100]],
    });
    const more = new App({
      options: { ...at.options, spool: { dir: at.spool, fsync: "always" } },
      run: "other",
      steps: [["log", 500], ["until", "room"], ["log", 100], ["end"]],
    });
    await app.says("full");
    expect(app.told.stats).toMatchObject({ spool: "degraded", in: 2000 });
    if (how === "larger") remount(at.spool, "size=64m");
    else rmSync(filler);
    await expect.poll(() => app.stderr.includes("spooling to disk again"), { timeout: BACK_MS }).toBe(true);
    for (const one of [app, more]) one.go("room");
    expect(await app.ended).toMatchObject({ code: 0 });
    expect(await more.ended).toMatchObject({ code: 0 });
    await at.expectAll({ full: 2100, other: 600 });
  });

  it("reports what does not fit into memory either, as events", async () => {
    const at = await scene({ memory: { maxBytes: 65_536 } });
    smallDisk(at.spool, "size=256k");
    await at.fault.be(DOWN);
    const app = new App({
      options: at.options,
      run: "shed",
      steps: [
        ["pace", 1000, 1],
        ["pace", 1000, 1],
        ["flush"],
        ["stats"],
        ["tell", "full"],
        ["until", "up"],
        ["settled"],
      ],
    });
    await app.says("full");
    expect(app.told.stats?.dropped).toBeGreaterThan(0);
    expect(app.stderr).toContain("event(s) lost");
    await at.fault.be({ mode: "pass" });
    app.go("up");
    expect(await app.ended).toMatchObject({ code: 0 });
    await at.expectAll(2000);
  });

  it("full from the start, up to the end: what only memory had is counted as the process ends", async () => {
    const at = await scene({ close: { totalMs: 500 } });
    smallDisk(at.spool, "size=64k");
    const filler = join(at.spool, "filler");
    try {
      writeFileSync(filler, Buffer.alloc(65_536));
    } catch {
      // As full as it gets.
    }
    await at.fault.be(DOWN);
    const app = new App({ options: at.options, steps: [["log", 300], ["flush"], ["stats"], ["end"]] });
    const { code, stderr } = await app.ended;
    expect(code).toBe(0);
    expect(app.told.stats).toMatchObject({ spool: "degraded", pending: 300 });
    expect(stderr).toContain("300 event(s) lost: the process ended before they were delivered");
  });

  it("leaves whole frames when it is killed", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const at = await scene();
      smallDisk(at.spool, "size=256k");
      await at.fault.be(DOWN);
      const app = new App({
        options: at.options,
        run: "cut",
        steps: [["ready"], ["pace", 1500, 1], ["sleep", 300], ["tell", "full"], ["idle"]],
      });
      await app.says("full");
      expect(await app.kill("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
      expect(app.stderr).toContain("cannot spool to disk (ENOSPC)");
      remount(at.spool, "size=64m");
      await at.fault.be({ mode: "pass" });
      await drain(at.options);
      const stored = await storedIn(at.database);
      const lines = stored.filter(({ event_type }) => event_type !== "log_dropped").length;
      expect(lines).toBeGreaterThan(100);
      expectWhole({ emitted: lines, stored, drops: [] });
    }
  });
});
