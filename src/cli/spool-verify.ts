/**
 * `spool verify`: every frame against its checksum, and every place from the settled ones on. Nothing is changed.
 *
 * A frame or a header that the end of its file cuts off is torn: a crash can do that, and the line was never handed over. Anything
 * else that fails its checksum is damage. In the folder of a living owner a frame may be half written and a file may go
 * while we look, so what seems wrong there is looked at again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { nodeFileSystem as fs } from "../ship/spool/file-system.ts";
import { claimedEnd, frameBytesAt, SEGMENT_HEADER_BYTES, SYNC } from "../ship/spool/format.ts";
import { readAbout } from "../ship/spool/owner.ts";
import type { Segment } from "../ship/spool/segment.ts";
import { CommandFailure } from "./exit.ts";
import type { Io } from "./io.ts";
import { framesIn, type SpoolFolder, settledIn, spoolFolders } from "./spool-folder.ts";

interface Findings {
  frames: number;
  damagedBytes: number;
  tornBytes: number;
  missing: number;
  readonly where: string[];
}

const LOOKS = 4;
const LOOK_AGAIN_MS = 150;

/** @throws CommandFailure when something is damaged or missing */
export async function verifySpools(root: string, io: Io): Promise<void> {
  const folders = await spoolFolders(root);
  let bad = 0;
  for (const folder of folders) {
    const findings = await lookAt(folder);
    const isBad = isWrong(findings, folder);
    if (isBad) bad += 1;
    await io.out.write(`${folder.sender}: ${wordsOf(findings, folder)}\n`);
    for (const place of isBad ? findings.where : []) await io.out.write(`  ${place}\n`);
  }
  if (folders.length === 0) await io.out.write(`no spools in ${root}\n`);
  if (bad > 0)
    throw new CommandFailure(`${bad} of ${folders.length} spool(s) are damaged; what is intact can still be sent`);
}

async function lookAt(folder: SpoolFolder): Promise<Findings> {
  let findings = inspect(folder.path);
  for (let look = 1; look < LOOKS && folder.isOwned && isWrong(findings, folder); look++) {
    await sleep(LOOK_AGAIN_MS);
    findings = inspect(folder.path);
  }
  return findings;
}

/** Lines that a living owner holds in memory are not missing. */
function isWrong({ damagedBytes, missing }: Findings, { isOwned }: SpoolFolder): boolean {
  return damagedBytes > 0 || (missing > 0 && !isOwned);
}

function inspect(path: string): Findings {
  const found: Findings = { frames: 0, damagedBytes: 0, tornBytes: 0, missing: 0, where: [] };
  let expected = settledIn(path) + 1;
  const corrupt = (segment: Segment, bytes: Buffer, isTail: boolean) => {
    if (segment.limitOr(0) < SEGMENT_HEADER_BYTES || (isTail && isTorn(bytes))) found.tornBytes += bytes.length;
    else {
      found.damagedBytes += Math.max(1, bytes.length);
      found.where.push(`${bytes.length} damaged byte(s) in ${segment.path}`);
    }
    // Counts only where nothing follows: a damaged number may say too much.
    claimed = isTail ? claimedEnd(bytes, expected) : 0;
  };
  let claimed = 0;
  const missed = (next: number) => {
    if (next > expected) {
      found.missing += next - expected;
      found.where.push(`lines ${expected} to ${next - 1} are missing`);
    }
    expected = Math.max(expected, next);
  };
  for (const { firstSeq, count } of framesIn(path, corrupt)) {
    found.frames += 1;
    missed(firstSeq);
    claimed = 0;
    expected = Math.max(expected, firstSeq + count);
  }
  missed(Math.max(claimed, (readAbout(fs, path)?.lastSeq ?? 0) + 1));
  return found;
}

const LENGTH_AT = 8;

/** The beginning of a frame that says it is longer than what is there. */
function isTorn(bytes: Buffer): boolean {
  const begins = bytes.subarray(0, SYNC.length).equals(SYNC.subarray(0, Math.min(SYNC.length, bytes.length)));
  return begins && (bytes.length < LENGTH_AT || frameBytesAt(bytes, 0) > bytes.length);
}

function wordsOf({ frames, damagedBytes, tornBytes, missing }: Findings, { isOwned }: SpoolFolder): string {
  const torn = tornBytes > 0 && !isOwned ? [`${tornBytes} byte(s) of a torn end`] : [];
  const absent = missing > 0 ? [`${missing} line(s) ${isOwned ? "not on disk yet" : "missing"}`] : [];
  const damage = damagedBytes > 0 ? [`${damagedBytes} damaged byte(s)`] : ["intact"];
  return [
    `${frames} frame(s)`,
    ...(damagedBytes === 0 && missing > 0 && !isOwned ? [] : damage),
    ...absent,
    ...torn,
  ].join(", ");
}
