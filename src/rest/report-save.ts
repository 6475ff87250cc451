/** `save_to_file` of a report: whether it may be, where the file goes, and what the disk says. */
import type { FastifyRequest } from "fastify";
import { isForeignPage } from "./cors.ts";
import { Failure } from "./failure.ts";
import { badPath } from "./report-failure.ts";
import { foldersOf, saveFile } from "./report-file.ts";
import type { Rest } from "./route.ts";

/** Where the file of a report goes. */
export interface SavePlace {
  readonly root: string;
  readonly folders: readonly string[];
}

/** @throws Failure 403 and 422; nothing has been read or written then */
export function placeOf({ options }: Rest, request: FastifyRequest, outputPath: string | undefined): SavePlace {
  const { exportDir: root, corsOrigins } = options;
  if (root === null)
    throw refused("This server saves no files; set utilization_export_dir (exportDir) to a folder for them");
  // A page that somebody in the lab happens to visit must not fill its disk.
  if (isForeignPage(request, corsOrigins))
    throw refused("Pages of other origins may not save files; name theirs in cors_origins (corsOrigins) to allow it");
  if (outputPath === undefined) throw badPath("output_path is required when save_to_file is true", null);
  return { root, folders: foldersOf(outputPath) };
}

/** Returns the file's path within the export directory. @throws Failure */
export async function save(rest: Rest, place: SavePlace, file: { name: string; pieces: AsyncIterable<string> }) {
  try {
    await saveFile({ ...place, name: file.name }, file.pieces);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof Failure || typeof code !== "string") throw error;
    rest.options.onError?.(error, "save_to_file");
    throw new Failure(500, "internal", `The file could not be saved (${code})`);
  }
  return [...place.folders, file.name].join("/");
}

/** `20250610`, by the clock on this server's wall, as MADSci names its files. */
export function dayOf(now: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
}

function refused(message: string): Failure {
  return new Failure(403, "refused", message);
}
