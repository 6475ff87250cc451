/** `spool cat`: waiting lines as the events they would be sent as, or as they came. Nothing is changed. */
import { mapNow } from "../../transports/shipping.ts";
import { stringifyJson } from "../event/json.ts";
import { Batcher } from "../ship/batcher.ts";
import { Books } from "../ship/books.ts";
import { createMapLine, type MapLine, type Mapping } from "../ship/map.ts";
import { linesOf } from "../ship/spool/spool-reader.ts";
import { CommandFailure } from "./exit.ts";
import { type Io, warn } from "./io.ts";
import { framesIn, type SpoolFolder, settledIn, spoolFolders } from "./spool-folder.ts";

export interface CatOptions {
  readonly sender?: string | undefined;
  readonly raw: boolean;
  readonly io: Io;
}

/** Bytes of lines that become events at once. */
const STEP_BYTES = Number.POSITIVE_INFINITY;

export async function printSpools(root: string, options: CatOptions): Promise<void> {
  const { sender, io } = options;
  const folders = (await spoolFolders(root)).filter((folder) => sender === undefined || folder.sender === sender);
  if (sender !== undefined && folders.length === 0)
    throw new CommandFailure(`there is no spool of the sender ${sender} in ${root}; see spool ls`);
  for (const folder of folders) if (!io.out.gone) await printFolder(folder, options);
}

async function printFolder(folder: SpoolFolder, { raw, io }: CatOptions): Promise<void> {
  const settled = settledIn(folder.path);
  const batcher = new Batcher({ books: new Books(), report: (_kind, message) => warn(io, message) });
  const map = raw ? undefined : await mapOf(folder, io);
  for (const frame of framesIn(folder.path)) {
    const lines = linesOf(frame, settled + 1);
    const texts = map === undefined ? lines.map(({ text }) => text) : eventsOf(lines, map);
    if (texts.length > 0 && !(await io.out.write(texts.map((text) => `${text}\n`).join("")))) return;
  }

  function eventsOf(lines: ReturnType<typeof linesOf>, mapped: MapLine): string[] {
    const take = () => ({ lines, lastSeq: lines.at(-1)?.seq ?? 0 });
    const { items } = batcher.take({ sender: folder.sender, map: mapped, take }, lines.length, STEP_BYTES);
    return items.map(({ event }) => stringifyJson(event));
  }
}

async function mapOf({ about, sender }: SpoolFolder, io: Io): Promise<MapLine> {
  try {
    return await mapNow((about?.mapping ?? {}) as Mapping);
  } catch (error) {
    warn(io, `the mapping of ${sender} cannot be used (${(error as Error).message})`);
    return createMapLine({});
  }
}
