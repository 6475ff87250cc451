/**
 * A TCP proxy that cuts a connection in the moment the answer to something large comes back: it was done, and nobody is
 * told so.
 */
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";

/** A batch; nothing else a client says is as long. */
const LARGE_BYTES = 10_000;

export class ReplyCutter {
  readonly #server: Server;
  /** Answers still to be cut. */
  #left: number;

  private constructor(server: Server, cuts: number) {
    this.#server = server;
    this.#left = cuts;
  }

  static async before(target: number, cuts: number): Promise<ReplyCutter> {
    const server = createServer();
    const cutter = new ReplyCutter(server, cuts);
    server.on("connection", (client) => {
      const other = connect(target, "127.0.0.1");
      let asked = 0;
      client.on("data", (chunk) => {
        asked += chunk.length;
        other.write(chunk);
      });
      other.on("data", (chunk) => {
        if (asked >= LARGE_BYTES && cutter.#left > 0) {
          cutter.#left -= 1;
          client.destroy();
        } else client.write(chunk);
        asked = 0;
      });
      for (const [one, its] of [
        [client, other],
        [other, client],
      ] as const) {
        one.on("error", () => {});
        one.on("close", () => its.destroy());
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return cutter;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  get left(): number {
    return this.#left;
  }

  close(): void {
    this.#server.close();
  }
}
