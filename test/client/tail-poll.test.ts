import { describe, expect, it } from "vitest";
import { newId } from "../../src/client/index.ts";
import { openClient, openLab, scripted, sendJson } from "./setup.ts";
import { quickTail, reader } from "./tail-world.ts";

describe("a tail of MADSci's server", () => {
  it("looks for new events, in the order of their time, and leaves out what does not match", async () => {
    const lab = await openLab("madsci");
    await lab.store.append([{ _id: "old", event_type: "test" }]);
    const tail = quickTail(lab.url, { pollMs: 20 });
    const { take } = reader(tail);
    expect(await take(1)).toEqual(["live"]);
    await lab.store.append([{ _id: "other", event_type: "node_start" }]);
    await lab.store.append([
      { _id: "b", event_type: "test", event_timestamp: new Date(Date.now() + 2000) },
      { _id: "a", event_type: "test", event_timestamp: new Date(Date.now() + 1000), log_level: 0 },
    ]);
    expect(await take(2)).toEqual(["a", "b"]);
    await tail.close();
    const again = quickTail(lab.url, { options: { cursor: tail.cursor }, pollMs: 20 });
    await lab.store.append([{ _id: "c", event_type: "test", event_timestamp: new Date(Date.now() + 3000) }]);
    expect(await reader(again).take(2)).toEqual(["c", "live"]);
  });

  it("begins with the last events that match, and goes on when the server comes back", async () => {
    const lab = await openLab("madsci");
    const stamp = (n: number) => new Date(Date.now() + n * 1000);
    await lab.store.append(
      [1, 2, 3, 4].map((n) => ({
        _id: `e${n}`,
        event_type: n === 4 ? "node_stop" : "test",
        event_timestamp: stamp(n),
      })),
    );
    let isAway = false;
    const proxied = await scripted(async (request, response) => {
      if (isAway) return sendJson(response, 503, {});
      const answer = await fetch(lab.url + request.url);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    });
    const { take } = reader(quickTail(proxied, { options: { backfill: 2 }, pollMs: 20 }));
    expect(await take(3)).toEqual(["e2", "e3", "live"]);
    isAway = true;
    await lab.store.append([{ _id: "e5", event_type: "test", event_timestamp: stamp(5) }]);
    const taking = take(1);
    isAway = false;
    expect(await taking).toEqual(["e5"]);
  });

  it("tells why it sees nothing where what answers is no event server", async () => {
    let asked = 0;
    const url = await scripted((request, response) => {
      if (String(request.url).startsWith("/v1/")) return sendJson(response, 404, {});
      sendJson(response, 200, ++asked < 3 ? { hello: "world" } : {});
    });
    const told: string[] = [];
    const onLink = (...words: [string, string?]) => void told.push(words.join(": "));
    expect(await reader(quickTail(url, { pollMs: 5, options: { onLink } })).take(1)).toEqual(["live"]);
    expect(told).toEqual([expect.stringContaining("answers, but not as an event server (no events by id)"), "back"]);
  });

  it("tells of a cursor that is another server's", async () => {
    const lab = await openLab("madsci");
    const { client } = openClient(lab.url);
    const tail = client.tail({}, { cursor: newId() });
    expect(await reader(tail).take(1)).toEqual(["gap lost 0"]);
  });
});
