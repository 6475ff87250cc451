/**
 * The end of an answer, however it comes. One that waits behind another of its connection (pipelining) is never told by Node
 * that the connection has closed: without this, what is kept for it would be kept for ever.
 */
import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";

/** By connection, what to call at its end. One listener for all of them: there may be many at once. */
const waiting = new WeakMap<object, Set<() => void>>();

/** Calls `told` once, when the answer is complete or its connection has closed; at once where that is so already. */
export function onceClosed(reply: FastifyReply, told: () => void): void {
  if (isClosed(reply)) {
    told();
    return;
  }
  const { socket } = reply.request.raw;
  const known = waiting.get(socket);
  const calls = known ?? new Set();
  if (known === undefined) {
    waiting.set(socket, calls);
    socket.once("close", () => {
      for (const call of calls) call();
    });
  }
  const once = () => {
    if (calls.delete(once)) told();
  };
  calls.add(once);
  reply.raw.once("close", once);
}

/** Whether nobody can get the answer any more. */
export function isClosed({ raw, request }: FastifyReply): boolean {
  return raw.destroyed || request.raw.socket.destroyed;
}

/** Breaks off the answer, and the connection with it, also where the answer still waits behind another. */
export function cut({ raw, request }: FastifyReply): void {
  const { httpVersion, socket } = request.raw;
  if (httpVersion === "1.0") reset(socket);
  raw.destroy();
  // There is none where the request came by `inject`.
  (socket as Partial<Socket>).destroy?.();
}

/** An answer of HTTP/1.0 (what proxies ask for) ends with its connection: that this is not its end only a reset tells. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    // Not TCP alone.
  }
}
