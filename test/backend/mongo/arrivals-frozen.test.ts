/** A server that freezes while somebody follows: the follower is told, and goes on without a hole when the server does. */
import { describe, expect, it, onTestFinished } from "vitest";
import { openMongo } from "../../../src/backend/mongo/index.ts";
import { newId } from "../../../src/event/id.ts";
import { instantOf } from "../../../src/event/instant.ts";
import { testOptions } from "../../helpers/backends.ts";
import { buildFerret, startFerret } from "../../helpers/ferretdb.ts";
import { newDatabase } from "../../helpers/mongo.ts";
import { Follower } from "./follower.ts";
import { prepare } from "./helpers.ts";

const canBuild = await buildFerret().then(
  () => true,
  () => false,
);

describe.skipIf(!canBuild)("a server that freezes", () => {
  it("fails its followers in time, and they miss nothing when it goes on", async () => {
    const server = await startFerret();
    onTestFinished(() => server.stop());
    const options = testOptions({ database: newDatabase() });
    const [followed, writer] = [await openMongo(server.url, options), await openMongo(server.url, options)];
    onTestFinished(async () => void (await Promise.all([followed.close(), writer.close()])));
    const follower = await Follower.of(followed);
    const ids: string[] = [];
    const append = async () => {
      const event = prepare({ _id: newId() });
      await writer.append([event], instantOf(new Date()));
      ids.push(event.event._id);
    };
    await append();
    await follower.until(1);
    process.kill(Number(server.pid), "SIGSTOP");
    await expect(follower.until(2)).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
    process.kill(Number(server.pid), "SIGCONT");
    await append();
    await follower.until(2);
    await append();
    await follower.until(3);
    expect(follower.ids).toEqual(ids);
    expect(follower.lost).toBe(0);
  });
});
