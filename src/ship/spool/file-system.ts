/**
 * File system: the few calls a spool makes, synchronous where a line must be safe before the call returns.
 * Injected, so that tests can let any of them fail.
 */
import fs from "node:fs";

export interface FileSystem {
  /** Opens for reading and writing; "w+" creates or empties. */
  open(path: string, flags: "r" | "r+" | "w+"): number;
  close(fd: number): void;
  /** Bytes written at `position`; may be fewer than given. */
  write(fd: number, parts: readonly Uint8Array[], position: number): number;
  /** Bytes read. */
  read(fd: number, into: Uint8Array, position: number): number;
  truncate(fd: number, bytes: number): void;
  sync(fd: number): void;
  /** Like `sync`, without waiting. */
  syncLater(fd: number, done: (error: Error | null) => void): void;
  size(fd: number): number;
  list(path: string): string[];
  makeFolder(path: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Removes an empty folder. */
  removeFolder(path: string): void;
  readFile(path: string): Buffer;
  writeFile(path: string, content: string): void;
  /** Milliseconds since something in the folder or file was last written. */
  ageMs(path: string): number;
  touch(path: string): void;
}

export const nodeFileSystem: FileSystem = {
  open: (path, flags) => fs.openSync(path, flags, 0o600),
  close: (fd) => fs.closeSync(fd),
  write: (fd, parts, position) => fs.writevSync(fd, parts as Uint8Array[], position),
  read: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
  truncate: (fd, bytes) => fs.ftruncateSync(fd, bytes),
  sync: (fd) => fs.fdatasyncSync(fd),
  syncLater: (fd, done) => fs.fdatasync(fd, done),
  size: (fd) => fs.fstatSync(fd).size,
  list: (path) => fs.readdirSync(path),
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.unlinkSync(path),
  removeFolder: (path) => fs.rmdirSync(path),
  readFile: (path) => fs.readFileSync(path),
  writeFile: (path, content) => fs.writeFileSync(path, content, { mode: 0o600 }),
  ageMs: (path) => Date.now() - fs.statSync(path).mtimeMs,
  touch: (path) => fs.utimesSync(path, new Date(), new Date()),
};
