/** The power fails: of each file, what was confirmed is there, and after it whatever the disk happened to have. */
import { randomBytes, randomInt } from "node:crypto";
import { appendFileSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { App } from "./ship/app.ts";
import { scene } from "./ship/scene.ts";

const ROUNDS = Math.max(3, Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 3));
const DOWN = { mode: "status", status: 503 } as const;

const TAILS: readonly (() => Buffer)[] = [
  () => Buffer.alloc(0),
  () => randomBytes(randomInt(1, 10_000)),
  () => Buffer.alloc(4096),
  // A frame's beginning, and then nothing sensible.
  () => Buffer.concat([Buffer.from([0xfa, 0xce, 0xc0, 0xf5]), randomBytes(randomInt(1, 100))]),
];

function segmentsIn(root: string): Map<string, number> {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".seg"));
  return new Map(paths.map((name) => [join(root, name), statSync(join(root, name)).size]));
}

it(`starts on what a power cut leaves, and has every line that was confirmed (${ROUNDS} times)`, async () => {
  const at = await scene({ spool: { fsync: "interval" } });
  const options = { ...at.options, spool: { dir: at.spool, maxBytes: 10_000_000, segmentBytes: 65_536 } };
  const emitted: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    await at.fault.be(DOWN);
    const app = new App({
      options,
      run: `cut${round}`,
      steps: [
        ["ready"],
        ["pace", 300, 1],
        ["flush"],
        ["tell", "confirmed"],
        ["until", "on"],
        ["pace", 200, 1],
        ["tell", "on"],
        ["idle"],
      ],
    });
    await app.says("confirmed");
    const confirmed = segmentsIn(at.spool);
    app.go("on");
    await app.says("on");
    await app.kill("SIGKILL");
    emitted[`cut${round}`] = 300;
    for (const [path, bytes] of segmentsIn(at.spool)) {
      const least = confirmed.get(path) ?? 0;
      truncateSync(path, randomInt(least, bytes + 1));
      appendFileSync(path, (TAILS[randomInt(TAILS.length)] as () => Buffer)());
    }
    await at.expectAll(emitted, { beyond: true });
    expect(segmentsIn(at.spool).size).toBe(0);
  }
});
