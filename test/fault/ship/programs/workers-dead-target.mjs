// A pino target that is closed before anything is over.
import { Writable } from "node:stream";

export default async function deadTarget() {
  const target = new Writable({ write: (_chunk, _encoding, done) => done() });
  setTimeout(() => target.destroy(), 100);
  return target;
}
