/** An Event Manager that takes everything at once and keeps nothing: the ceiling for whoever sends to it. */
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts);
    const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    let lines = 0;
    for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) lines += 1;
    response.setHeader("content-type", "application/json");
    response.end(`{"results":[${Array(lines).fill('{"status":"stored"}').join(",")}]}`);
  });
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as { port: number };
  console.log(`http://127.0.0.1:${port}`);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit());
