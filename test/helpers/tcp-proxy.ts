/**
 * A TCP proxy that misbehaves on demand: it stalls, hangs up, or stops listening.
 *
 *   flow → stall (bytes are held) → flow (they go on) → drop (connections are cut) → …
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #stalled = false;
  /** Called with every chunk a client sends; `"drop"` cuts its connection instead of passing it on. */
  onClientData: (chunk: Buffer) => "pass" | "drop" = () => "pass";

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free loopback port and leads to `port`. */
  static async to(port: number, host = "127.0.0.1"): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on("connection", (client) => proxy.#join(client, connect(port, host)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  /** Holds all bytes, both ways, until `flow()`. */
  stall(): void {
    this.#stalled = true;
    for (const socket of this.#sockets) socket.pause();
  }

  flow(): void {
    this.#stalled = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Cuts every connection; new ones are accepted. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.drop();
    await once(this.#server, "close");
  }

  #join(client: Socket, target: Socket): void {
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (chunk) => this.#pass(chunk, from === client, to, from));
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#stalled) from.pause();
    }
  }

  #pass(chunk: Buffer, fromClient: boolean, to: Socket, from: Socket): void {
    if (fromClient && this.onClientData(chunk) === "drop") from.destroy();
    else to.write(chunk);
  }
}
