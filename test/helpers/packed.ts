/** The package as a user gets it: packed by npm, unpacked beside links to the packages it needs. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
}

interface Packed {
  readonly file: string;
  readonly bytes: number;
  readonly files: readonly string[];
}

let packed: Packed | undefined;

/**
 * The tarball of the built package, made once per process, with its size in bytes; gone when the process ends.
 * Scripts do not run: dist must be there.
 */
export function pack(): Packed {
  packed ??= packNow();
  return packed;
}

function packNow(): Packed {
  const folder = mkdtempSync(join(tmpdir(), "madsci-pack-"));
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [info] = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" })) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return { file: join(folder, info.filename), bytes: info.size, files: info.files.map(({ path }) => path) };
}

/**
 * Lays the packed package into `folder/node_modules`, with links to its dependencies and to `also`.
 * @param without packages to leave out, as after `npm i --omit=optional`
 */
export function installPackage(folder: string, also: readonly string[] = [], without: readonly string[] = []): void {
  const { file } = pack();
  const target = join(folder, "node_modules", "madsci-events");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", file, "-C", target, "--strip-components=1"]);
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const names = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies), ...also];
  for (const name of new Set(names)) {
    if (!without.includes(name)) link(name, folder);
  }
}

function link(name: string, folder: string): void {
  const to = join(folder, "node_modules", name);
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(join(root, "node_modules", name), to, "junction");
}
