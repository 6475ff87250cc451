/** `spool ls`: what waits in which folder, for whom, and whether someone takes care of it. */
import { linesOf } from "../ship/spool/spool-reader.ts";
import type { Io } from "./io.ts";
import { rowsText } from "./rows.ts";
import { framesIn, type SpoolFolder, segmentsOf, settledIn, spoolFolders, untoldDrops } from "./spool-folder.ts";

/** What is known of a spool, as JSON shows it. */
export interface SpoolRow {
  readonly sender: string;
  readonly owner: "alive" | "dead";
  readonly destination: string | null;
  readonly segments: number;
  readonly bytes: number;
  readonly waiting: number;
  readonly oldest: string | null;
  readonly drops_not_told: number;
  readonly adopted: boolean;
  readonly folder: string;
}

const TITLES = ["SENDER", "OWNER", "SEGMENTS", "BYTES", "WAITING", "OLDEST", "DROPS", "DESTINATION"];

/** Every spool in a folder of spools. */
export async function spoolRows(root: string): Promise<SpoolRow[]> {
  return (await spoolFolders(root)).map(rowOf);
}

export async function listSpools(
  root: string,
  { json, io }: { readonly json: boolean; readonly io: Io },
): Promise<void> {
  const rows = await spoolRows(root);
  if (json) return void (await io.out.write(`${JSON.stringify(rows, null, 2)}\n`));
  if (rows.length === 0) return void (await io.out.write(`no spools in ${root}\n`));
  await io.out.write(rowsText(TITLES, rows.map(cellsOf), io.columns));
}

function rowOf({ path, sender, isOwned, about, isInner }: SpoolFolder): SpoolRow {
  const { waiting, oldestMs } = waitingIn(path);
  const segments = segmentsOf(path);
  const bytes = segments.reduce((sum, segment) => sum + segment.limitOr(0), 0);
  for (const segment of segments) segment.release();
  return {
    sender,
    owner: isOwned ? "alive" : "dead",
    destination: about?.destination ?? null,
    segments: segments.length,
    bytes,
    waiting,
    oldest: oldestMs === undefined ? null : new Date(oldestMs).toISOString(),
    drops_not_told: untoldDrops(path),
    adopted: isInner,
    folder: path,
  };
}

function waitingIn(path: string): { readonly waiting: number; readonly oldestMs: number | undefined } {
  const settled = settledIn(path);
  let waiting = 0;
  let oldestMs: number | undefined;
  for (const frame of framesIn(path)) {
    const lines = linesOf(frame, settled + 1).length;
    if (lines > 0) oldestMs ??= Math.min(Date.now(), timeOf(frame.id));
    waiting += lines;
  }
  return { waiting, oldestMs };
}

/** A line's id was made when it came. */
function timeOf(id: Buffer): number {
  return Buffer.from(id).readUIntBE(0, 6);
}

function cellsOf(row: SpoolRow): string[] {
  const sender = row.adopted ? `+ ${row.sender}` : row.sender;
  const numbers = [row.segments, row.bytes, row.waiting].map(String);
  const rest = [ageOf(row.oldest), String(row.drops_not_told), row.destination ?? "unknown"];
  return [sender, row.owner, ...numbers, ...rest];
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
] as const;

function ageOf(time: string | null): string {
  if (time === null) return "-";
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  const [unit, size] = UNITS.find(([, least]) => seconds >= least) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
