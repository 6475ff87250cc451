/**
 * The Dockerfile without Docker: its instructions carried out in folders, one per stage.
 *
 * A path of the image is a path below the stage's folder, in commands as well. Three things differ from a build:
 * development packages are linked instead of installed (the run stands on an `npm ci` of the same lock file already),
 * no declarations are made, and there is no user 1000 to give folders to.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

export const ROOT = resolve(import.meta.dirname, "../..");
/** Folders of the image that commands and settings name. */
const PLACES = /(^|[\s"'=:])(\/(?:app|data|backups|usr\/local\/bin|etc\/madsci-events)\b)/gm;

/** Variables that tell npm where packages are. */
const PASSED = /^(npm_config_(registry|userconfig)|(https?|no)_proxy|NODE_EXTRA_CA_CERTS)$/i;

export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** A stage as it is when all of its instructions are done. */
export interface Stage {
  readonly name: string;
  /** What would be `/`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  /** Of HEALTHCHECK, ENTRYPOINT and CMD. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
  readonly volumes: readonly string[];
}

type Draft = { -readonly [K in keyof Stage]: Stage[K] };

/** The instructions of a Dockerfile, continued lines joined and comments left out. */
export function instructions(text: string): Instruction[] {
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  const joined = lines.join("\n").replaceAll(/\s*\\\n\s*/g, " ");
  return joined.split("\n").map((line) => {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    return { name: name.toUpperCase(), rest };
  });
}

/** Paths of the image in a text → paths below the folder. */
export function below(folder: string, text: string): string {
  return text.replaceAll(PLACES, (_all, before: string, path: string) => `${before}${folder}${path}`);
}

/** Everything .dockerignore lets through, in a folder of its own; the stages will lie beside it. */
export function buildContext(): string {
  const folder = join(mkdtempSync(join(tmpdir(), "madsci-docker-")), "context");
  const [first, ...kept] = readFileSync(join(ROOT, ".dockerignore"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (first !== "*" || kept.some((line) => !/^![\w./-]+$/.test(line)))
    throw new Error(".dockerignore has to be a list of what is let through");
  for (const line of kept) cpSync(join(ROOT, line.slice(1)), join(folder, line.slice(1)), { recursive: true });
  return folder;
}

interface Build {
  readonly context: string;
  readonly stages: ReadonlyMap<string, Draft>;
}

/** Carries out the Dockerfile; the stages by name. */
export async function buildStages(context: string): Promise<Map<string, Stage>> {
  const stages = new Map<string, Draft>();
  let stage: Draft | undefined;
  for (const instruction of instructions(readFileSync(join(ROOT, "Dockerfile"), "utf8"))) {
    if (instruction.name === "ARG") continue;
    if (instruction.name === "FROM") {
      stage = startStage(instruction.rest, { context, stages });
      stages.set(stage.name, stage);
    } else if (stage) await follow(stage, instruction, { context, stages });
  }
  return stages;
}

function startStage(rest: string, { context, stages }: Build): Draft {
  const [from = "", , name = ""] = rest.split(/\s+/);
  const folder = join(dirname(context), name);
  const parent = stages.get(from);
  if (parent) cpSync(parent.folder, folder, { recursive: true, verbatimSymlinks: true });
  for (const place of ["usr/local/bin", "etc"]) mkdirSync(join(folder, place), { recursive: true });
  const fresh = { env: {}, workdir: "/", user: "root", commands: {}, volumes: [] };
  return { ...(parent ?? fresh), name, folder };
}

async function follow(stage: Draft, { name, rest }: Instruction, build: Build): Promise<void> {
  const steps: Record<string, () => unknown> = {
    RUN: () => run(stage, rest),
    COPY: () => copy(stage, rest.split(/\s+/), build),
    USER: () => Object.assign(stage, { user: rest }),
    VOLUME: () => Object.assign(stage, { volumes: JSON.parse(rest) }),
    ENV: () => Object.assign(stage, { env: { ...stage.env, ...Object.fromEntries(rest.split(/\s+/).map(pair)) } }),
    WORKDIR: () => {
      stage.workdir = rest;
      mkdirSync(join(stage.folder, rest), { recursive: true });
    },
    EXPOSE: () => {},
  };
  for (const last of ["HEALTHCHECK", "ENTRYPOINT", "CMD"])
    steps[last] = () => {
      stage.commands = { ...stage.commands, [last]: JSON.parse(rest.slice(rest.indexOf("["))) };
    };
  const step = steps[name];
  if (step === undefined) throw new Error(`the tests do not know the instruction ${name}`);
  await step();
}

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

function copy(stage: Draft, words: readonly string[], { context, stages }: Build): void {
  const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
  const origin = from === undefined ? context : stages.get(from)?.folder;
  if (origin === undefined) throw new Error(`COPY from the unknown stage ${from}`);
  const paths = words.filter((word) => !word.startsWith("--"));
  const to = inside(stage, paths.at(-1) ?? "");
  const many = paths.length > 2 || paths.at(-1)?.endsWith("/");
  for (const path of paths.slice(0, -1)) {
    const source = join(origin, path);
    const target = many && !statSync(source).isDirectory() ? join(to, basename(path)) : to;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  }
}

function inside({ folder, workdir }: Stage, path: string): string {
  return join(folder, resolve(workdir, path));
}

async function run(stage: Stage, command: string): Promise<void> {
  const cwd = join(stage.folder, stage.workdir);
  if (command === "npm ci --ignore-scripts") {
    link(cwd);
    return;
  }
  const env = environment(stage);
  // Without declarations, which take a minute and which nothing here runs.
  if (command === "npm run build") env.npm_lifecycle_event = "pretest";
  const line = command.replaceAll("-o 1000 -g 1000", "").replace(/^npm run build$/, "node node_modules/.bin/tsup");
  await promisify(execFile)("sh", ["-c", below(stage.folder, line)], { cwd, env });
}

function link(folder: string): void {
  if (!existsSync(join(folder, "package-lock.json"))) throw new Error("npm ci needs the lock file");
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
}

/** What a process in the stage has for an environment; where packages come from is the machine's affair. */
export function environment({ folder, env }: Stage): Record<string, string> {
  const own = Object.entries(env).map(([name, value]) => [name, below(folder, value)] as const);
  const { PATH = "", HOME = "", npm_config_cache = join(HOME, ".npm") } = process.env;
  const path = [join(folder, "usr/local/bin"), dirname(process.execPath), PATH].join(":");
  const given = Object.entries(process.env).filter(([name]) => PASSED.test(name)) as [string, string][];
  const npm = { npm_config_cache, npm_config_prefer_offline: "true" };
  return { HOME, TZ: "UTC", ...npm, ...Object.fromEntries([...given, ...own]), PATH: path };
}
