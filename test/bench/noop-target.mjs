// A worker that reads and forgets: what any worker transport costs the application at least.
import { Writable } from "node:stream";

export default async () =>
  new Writable({ decodeStrings: false, highWaterMark: 2 ** 30, write: (_chunk, _encoding, done) => done() });
