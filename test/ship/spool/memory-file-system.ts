/** A file system in memory that fails when told: for any call, when it is full, when a folder is taken away. */
import type { FileSystem } from "../../../src/ship/spool/file-system.ts";

interface File {
  bytes: Buffer;
  writtenMs: number;
}

export type Call = keyof FileSystem;

export class MemoryFileSystem implements FileSystem {
  readonly files = new Map<string, File>();
  readonly folders = new Set<string>(["/"]);
  /** Bytes there is room for. */
  room = Number.POSITIVE_INFINITY;
  /** Code of the error a call ends with, if it shall fail. */
  fails: (call: Call, path: string) => string | undefined = () => undefined;
  /** What `ageMs` counts from. */
  nowMs = 0;
  readonly #open = new Map<number, { file: File; path: string }>();
  #fd = 1000;

  get openFiles(): number {
    return this.#open.size;
  }

  /** What a crash leaves: the files, and nobody who has them open. */
  crashed(): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const [path, file] of this.files) copy.files.set(path, { ...file, bytes: Buffer.from(file.bytes) });
    for (const folder of this.folders) copy.folders.add(folder);
    copy.nowMs = this.nowMs + 3_600_000;
    return copy;
  }

  /** Removes a folder and all that is in it; open files go on without a name. */
  vanish(folder: string): void {
    for (const path of [...this.files.keys()]) if (path.startsWith(`${folder}/`)) this.files.delete(path);
    for (const path of [...this.folders])
      if (path === folder || path.startsWith(`${folder}/`)) this.folders.delete(path);
  }

  /** Names and contents below a folder, by their last part. */
  below(folder: string): [string, File][] {
    return [...this.files].filter(([path]) => path.startsWith(`${folder}/`));
  }

  open(path: string, flags: "r" | "r+" | "w+"): number {
    this.#check("open", path);
    let file = this.files.get(path);
    if (flags === "w+") {
      this.#parent(path);
      file ??= { bytes: Buffer.alloc(0), writtenMs: this.nowMs };
      file.bytes = Buffer.alloc(0);
      this.files.set(path, file);
    }
    if (file === undefined && this.folders.has(path)) file = { bytes: Buffer.alloc(0), writtenMs: 0 };
    if (file === undefined) throw failure("ENOENT", path);
    this.#open.set(++this.#fd, { file, path });
    return this.#fd;
  }

  close(fd: number): void {
    this.#at(fd);
    this.#open.delete(fd);
  }

  write(fd: number, parts: readonly Uint8Array[], position: number): number {
    const { file, path } = this.#at(fd);
    this.#check("write", path);
    const all = Buffer.concat(parts);
    const more = Math.max(0, position + all.length - file.bytes.length);
    const room = this.room === Number.POSITIVE_INFINITY ? this.room : this.room - this.#used();
    const taken = more <= room ? all : all.subarray(0, Math.max(0, all.length - (more - room)));
    if (taken.length === 0 && all.length > 0) throw failure("ENOSPC", path);
    if (position + taken.length > file.bytes.length) {
      const longer = Buffer.alloc(position + taken.length);
      file.bytes.copy(longer);
      file.bytes = longer;
    }
    taken.copy(file.bytes, position);
    file.writtenMs = this.nowMs;
    return taken.length;
  }

  read(fd: number, into: Uint8Array, position: number): number {
    const { file, path } = this.#at(fd);
    this.#check("read", path);
    return file.bytes.copy(into, 0, position, position + into.length);
  }

  truncate(fd: number, bytes: number): void {
    const { file, path } = this.#at(fd);
    this.#check("truncate", path);
    file.bytes = Buffer.from(file.bytes.subarray(0, bytes));
  }

  sync(fd: number): void {
    this.#check("sync", this.#at(fd).path);
  }

  syncLater(fd: number, done: (error: Error | null) => void): void {
    setImmediate(() => {
      try {
        this.#check("syncLater", this.#at(fd).path);
        done(null);
      } catch (error) {
        done(error as Error);
      }
    });
  }

  size(fd: number): number {
    return this.#at(fd).file.bytes.length;
  }

  list(path: string): string[] {
    this.#check("list", path);
    if (!this.folders.has(path)) throw failure("ENOENT", path);
    const inside = [...this.files.keys(), ...this.folders].filter((one) => one.startsWith(`${path}/`));
    return [...new Set(inside.map((one) => one.slice(path.length + 1).split("/")[0] as string))];
  }

  makeFolder(path: string): void {
    this.#check("makeFolder", path);
    for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) this.folders.add(at);
  }

  rename(from: string, to: string): void {
    this.#check("rename", from);
    if (this.files.has(from)) {
      this.#parent(to);
      this.files.set(to, this.files.get(from) as File);
      this.files.delete(from);
      return;
    }
    if (!this.folders.has(from)) throw failure("ENOENT", from);
    if (this.folders.has(to) && this.list(to).length > 0) throw failure("ENOTEMPTY", to);
    for (const [path, file] of this.below(from)) {
      this.files.delete(path);
      this.files.set(to + path.slice(from.length), file);
    }
    for (const path of [...this.folders]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.folders.delete(path);
      this.folders.add(to + path.slice(from.length));
    }
  }

  remove(path: string): void {
    this.#check("remove", path);
    if (!this.files.delete(path)) throw failure("ENOENT", path);
  }

  removeFolder(path: string): void {
    this.#check("removeFolder", path);
    if (!this.folders.has(path)) throw failure("ENOENT", path);
    if (this.list(path).length > 0) throw failure("ENOTEMPTY", path);
    this.folders.delete(path);
  }

  readFile(path: string): Buffer {
    this.#check("readFile", path);
    const file = this.files.get(path);
    if (file === undefined) throw failure("ENOENT", path);
    return Buffer.from(file.bytes);
  }

  writeFile(path: string, content: string): void {
    this.#check("writeFile", path);
    this.#parent(path);
    if (this.#used() + content.length > this.room) throw failure("ENOSPC", path);
    this.files.set(path, { bytes: Buffer.from(content), writtenMs: this.nowMs });
  }

  ageMs(path: string): number {
    this.#check("ageMs", path);
    const file = this.files.get(path);
    if (file === undefined && !this.folders.has(path)) throw failure("ENOENT", path);
    return this.nowMs - (file?.writtenMs ?? 0);
  }

  touch(path: string): void {
    this.#check("touch", path);
    const file = this.files.get(path);
    if (file !== undefined) file.writtenMs = this.nowMs;
  }

  #check(call: Call, path: string): void {
    const code = this.fails(call, path);
    if (code !== undefined) throw failure(code, path);
  }

  #parent(path: string): void {
    if (!this.folders.has(path.slice(0, path.lastIndexOf("/")) || "/")) throw failure("ENOENT", path);
  }

  #at(fd: number): { file: File; path: string } {
    const open = this.#open.get(fd);
    if (open === undefined) throw failure("EBADF", String(fd));
    return open;
  }

  /** From now on there is room for so much more. */
  fill(room: number): void {
    this.room = this.#used() + room;
  }

  #used(): number {
    return [...this.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
