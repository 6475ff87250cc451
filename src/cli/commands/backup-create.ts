/** `backup create`: a backup, looked at before it counts and before older ones go for it. */
import { Command, Option } from "commander";
import type { CollectionMetadata } from "../../backend/dump-contract.ts";
import { shown } from "../../backup/damage.ts";
import { makeBackup } from "../../backup/make.ts";
import { checkLabel } from "../../backup/names.ts";
import { openScratch } from "../../backup/scratch.ts";
import type { BackupFormat, MakeBackupOptions } from "../../backup/types.ts";
import { addBackupFlags, type BackupPlace, backupPlace, namesFlag, needDatabase } from "../backup-flags.ts";
import { backupProgress, documentsText, factsText, failingAs, sizeText } from "../backup-report.ts";
import { usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import { type Io, warn } from "../io.ts";
import type { Place } from "../migrate-place.ts";
import { untilSignal } from "../shutdown.ts";

const EXAMPLES = `
Examples:
  madsci-events backup create
  madsci-events backup create --url mongodb://localhost:27017 --database madsci_events --label before_upgrade
  madsci-events backup create --format archive --gzip

A server may keep running. The backup is restored into a scratch database and compared before it counts.`;

const LABELS = ["label", "nameSuffix", "name"] as const;

export function backupCreateCommand(io: Io): Command {
  const command = new Command("create")
    .summary("make a backup")
    .description("Makes a backup of a database.")
    .option("--label <text>", "what it is for: letters, digits, - and _; becomes the end of its name")
    .addOption(new Option("--name-suffix <text>", "the same").hideHelp())
    .addOption(new Option("--name <text>", "the same").hideHelp())
    .addOption(
      new Option("--format <format>", "default: sqlite for a file, folder for MongoDB").choices([
        "folder",
        "archive",
        "sqlite",
      ]),
    )
    .addOption(booleanOption("gzip", "packed (folder and archive)"))
    .addOption(booleanOption("compression", "the same").hideHelp())
    .option("--collections <names>", "only these, separated by commas")
    .addOption(booleanOption("validate", "look at it before it counts; default: true"))
    .addOption(booleanOption("restore-test", "restore it into a scratch database to compare; default: true"))
    .addHelpText("after", EXAMPLES);
  return addBackupFlags(command, ["backup_dir", "backup_max_count"]).action(() => create(command, io));
}

interface Flags {
  readonly label?: string;
  readonly nameSuffix?: string;
  readonly name?: string;
  readonly format?: BackupFormat;
  readonly gzip?: string;
  readonly compression?: string;
  readonly collections?: string;
  readonly validate?: string;
  readonly restoreTest?: string;
}

async function create(command: Command, io: Io): Promise<void> {
  const flags = command.opts<Flags>();
  const label = labelOf(flags);
  const around = backupPlace(command, io);
  const collections = namesFlag("collections", flags.collections) ?? around.collections;
  const gzip = gzipOf(flags) ?? around.gzip ?? false;
  const isChecked = (wordOf(flags.validate) ?? around.isChecked) !== false;
  const format = formatOf(flags, gzip || collections !== undefined, around.place);
  if (!isChecked && wordOf(flags.restoreTest)) throw usageError("--restore-test and --no-validate exclude each other");
  const isTested = isChecked && wordOf(flags.restoreTest) !== false;
  needDatabase(around);
  const signal = untilSignal();
  const failing = <Result>(work: () => Promise<Result>) => failingAs("Backup failed", { io, signal }, work);
  const source = await failing(() => around.place.backup.source());
  try {
    if (collections !== undefined) assertThere(collections, await failing(() => source.collections()), source.database);
    const request = { source, label, format, gzip, collections, isChecked, isTested, signal };
    await failing(() => make(request, around, io));
  } finally {
    await source.close();
  }
}

interface Request extends Pick<MakeBackupOptions, "source" | "label" | "format" | "gzip" | "collections"> {
  readonly isChecked: boolean;
  readonly isTested: boolean;
  readonly signal: AbortSignal;
}

async function make({ isTested, ...request }: Request, { place, dir, config }: BackupPlace, io: Io): Promise<void> {
  const say = (message: string) => warn(io, message);
  const naiveTimezone = config.settings.naive_timezone ?? undefined;
  const scratch = () => openScratch(place.url, { database: request.source.database, naiveTimezone, warn: say });
  const made = await makeBackup({
    ...{ ...request, dir, warn: say },
    keep: config.settings.backup_max_count,
    scratch: isTested ? scratch : undefined,
    now: () => new Date(),
    onProgress: backupProgress(io),
  });
  io.progress?.("");
  const checked = isTested ? "restored into a scratch database and compared" : "checksum and every document";
  await io.out.write(
    factsText("Backup created successfully", {
      path: made.path,
      database: made.database,
      holds: documentsText(made.metadata.documents ?? {}),
      size: sizeText(made.size_bytes),
      checked: request.isChecked ? checked : "no",
    }),
  );
}

/** @throws EventStoreError `EVT_INVALID_OPTION` naming those there are */
function assertThere(wanted: readonly string[], there: readonly CollectionMetadata[], database: string): void {
  const names = there.map(({ collectionName }) => collectionName);
  const missing = wanted.find((name) => !names.includes(name));
  if (missing === undefined) return;
  const list = names.length === 0 ? "there is none" : `there are ${names.map(shown).join(", ")}`;
  throw usageError(`--collections: there is no ${JSON.stringify(missing)} in ${database}; ${list}`);
}

function labelOf(flags: Flags): string | undefined {
  const given = LABELS.map((name) => flags[name]).filter((label) => label !== undefined);
  if (new Set(given).size > 1) throw usageError("--label, --name-suffix and --name mean the same; give one of them");
  return checkLabel(given[0]);
}

function gzipOf({ gzip, compression }: Flags): boolean | undefined {
  if (gzip !== undefined && compression !== undefined && gzip !== compression)
    throw usageError("--gzip and --compression mean the same; give one of them");
  return wordOf(gzip ?? compression);
}

/** A file is copied whole unless something else is asked for. */
function formatOf({ format }: Flags, isSelective: boolean, { url }: Place): BackupFormat | undefined {
  if (format === "sqlite" && url.startsWith("mongodb"))
    throw usageError("--format sqlite copies an SQLite file; of a MongoDB database there is folder and archive");
  if (format === "sqlite" && isSelective)
    throw usageError("--format sqlite is a copy of the whole file; --gzip and --collections need folder or archive");
  return format ?? (isSelective ? "folder" : undefined);
}

function wordOf(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === "true";
}
