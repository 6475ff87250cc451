/** Runs a command line without a process of its own. */
import { Readable, Writable } from "node:stream";
import { type Io, Output } from "../../src/cli/io.ts";
import { runCli } from "../../src/cli/program.ts";
import { type Ended, project } from "./run.ts";

export const VERSION = "1.2.3";

export async function runHere(
  argv: readonly string[],
  given: Partial<Io> & { readonly input?: string } = {},
): Promise<Ended> {
  const output = { stdout: "", stderr: "" };
  const stream = new Writable({
    write(chunk, _encoding, done) {
      output.stdout += chunk;
      done();
    },
  });
  const io: Io = {
    out: new Output(stream),
    err: (line) => {
      output.stderr += `${line}\n`;
    },
    stdin: Readable.from(given.input ? [Buffer.from(given.input)] : []),
    env: {},
    cwd: given.cwd ?? project(),
    terminal: false,
    columns: undefined,
    ...given,
  };
  const code = await runCli(argv, VERSION, io);
  return { code, ...output };
}
