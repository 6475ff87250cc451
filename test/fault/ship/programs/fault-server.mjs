// A server in front of the real one, in a process of its own. It passes requests on, or misbehaves as it was told last:
// { mode, ... } comes over IPC, and every request is told back as { atMs, status, bytes, events }.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

const upstream = process.argv[2];
let told = { mode: "pass" };
/** Connections whose other end has forgotten them. */
const forgotten = new WeakSet();
const open = new Set();

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
}

async function pass(request, body) {
  const headers = { "content-type": request.headers["content-type"] };
  const answer = await fetch(upstream + request.url, { method: "POST", headers, body });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

async function passOn(request, response, body) {
  const answer = await pass(request, body);
  response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
}

function refuse(response, status, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ detail: "as planned" }));
}

const MODES = {
  pass: passOn,
  status: (_request, response, _body, { status, headers, afterMs }) => {
    const later = afterMs === undefined ? {} : { "retry-after": new Date(Date.now() + afterMs).toUTCString() };
    refuse(response, status, { ...headers, ...later });
  },
  silent: () => {},
  slow: async (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    for (const letter of '{"results":[{"status":"stored"}]}'.repeat(100)) {
      if (response.destroyed) return;
      response.write(letter);
      await sleep(100);
    }
  },
  truncated: (_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"accepted":500,"results":[{"id":"01');
    setTimeout(() => response.destroy(), 20);
  },
  shortJson: (_request, response) => response.writeHead(200).end('{"accepted":500,"results":[{"sta'),
  garbage: (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>It works!</h1>"),
  fewer: (_request, response) => response.writeHead(200).end('{"results":[]}'),
  /** Stores it and never says so. */
  committed: async (request, response, body) => {
    await pass(request, body);
    process.send?.({ committed: true });
    response.destroy();
  },
  limit: (request, response, body, { bytes }) =>
    body.length > bytes ? refuse(response, 413) : passOn(request, response, body),
  poison: (request, response, body, { word }) =>
    body.includes(word) ? refuse(response, 400) : passOn(request, response, body),
  token: (request, response, body, { token }) =>
    request.headers.authorization === `Bearer ${token}` ? passOn(request, response, body) : refuse(response, 401),
};

const server = createServer(async (request, response) => {
  try {
    const { socket } = request;
    const body = await bodyOf(request);
    const events = body.toString().split("\n").length - 1;
    const note = { atMs: Date.now(), bytes: body.length, events };
    response.on("close", () => process.send?.({ ...note, status: response.headersSent ? response.statusCode : 0 }));
    if (forgotten.has(socket)) return;
    await MODES[told.mode](request, response, body, told);
  } catch {
    response.destroy();
  }
});
server.on("connection", (socket) => {
  open.add(socket);
  socket.on("close", () => open.delete(socket));
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: server.address().port }));

process.on("message", (message) => {
  if (message.forget) for (const socket of open) forgotten.add(socket);
  if (message.mode !== undefined) told = message;
  process.send?.({ set: true });
});
process.on("disconnect", () => process.exit());
