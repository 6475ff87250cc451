import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  createEvent,
  currentEventContext,
  newId,
  ownership_context,
  withEventContext,
} from "../../src/client/index.ts";
import { failure, openClient, openLab } from "./setup.ts";

const [NODE, OTHER, EXPERIMENT] = [newId(), newId(), newId()];

describe("an event context", () => {
  it("is on every log call inside, through awaits, and nowhere else", async () => {
    const lab = await openLab();
    const { client } = openClient(lab.url);
    client.info("before");
    await withEventContext({ source: { node_id: NODE }, metadata: { run: 7 } }, async () => {
      await turn();
      client.info("inside");
      client.bind({ run: 8 }).info("bound wins");
      client.info("own wins", { run: 9, node_id: OTHER });
    });
    client.info("after");
    await client.flush();
    const seen = (await lab.events()).map(({ event_data, source }) => [event_data, source]);
    expect(seen).toEqual([
      [{ message: "before" }, {}],
      [{ message: "inside", run: 7 }, { node_id: NODE }],
      [{ message: "bound wins", run: 8 }, { node_id: NODE }],
      [{ message: "own wins", run: 9 }, { node_id: OTHER }],
      [{ message: "after" }, {}],
    ]);
  });

  it("merges with the one around it, the inner winning, unless it starts afresh", () => {
    withEventContext({ source: { node_id: NODE, experiment_id: EXPERIMENT }, metadata: { a: 1, b: 1 } }, () => {
      ownership_context({ node_id: OTHER }, () => {
        expect(currentEventContext()).toEqual({
          source: { node_id: OTHER, experiment_id: EXPERIMENT },
          metadata: { a: 1, b: 1 },
        });
      });
      withEventContext({ metadata: { b: 2 }, inherit: false }, () => {
        expect(currentEventContext()).toEqual({ source: {}, metadata: { b: 2 } });
      });
      expect(currentEventContext().metadata).toEqual({ a: 1, b: 1 });
    });
    expect(currentEventContext()).toEqual({ source: {}, metadata: {} });
  });

  it("does not reach tasks beside it", async () => {
    const seen = await Promise.all(
      [1, 2, 3].map((task) =>
        withEventContext({ metadata: { task } }, async () => {
          for (let round = 0; round < 5; round++) await turn();
          return currentEventContext().metadata.task;
        }),
      ),
    );
    expect(seen).toEqual([1, 2, 3]);
  });

  it("says who acts in whole events that do not say it themselves", async () => {
    const lab = await openLab();
    const { client } = openClient(lab.url, { source: { manager_id: OTHER } });
    ownership_context({ node_id: NODE }, () => {
      client.log(createEvent({ event_type: "test" }));
      client.log(createEvent({ event_type: "test", source: { experiment_id: EXPERIMENT } }));
    });
    await client.flush();
    expect((await lab.events()).map(({ source }) => source)).toEqual([
      { node_id: NODE, manager_id: OTHER },
      { experiment_id: EXPERIMENT },
    ]);
  });

  it("answers what the work answers, and refuses what is no id before it runs", async () => {
    expect(withEventContext({}, () => 5)).toBe(5);
    const { code, message } = await failure(() => ownership_context({ node_id: "x" }, () => 1));
    expect([code, message]).toEqual(["EVT_INVALID_OPTION", "source.node_id must be a ULID (26 characters)"]);
    const unknown = await failure(() => withEventContext({ meta: {} } as never, () => 1));
    expect(unknown.message).toContain('"meta"');
  });
});
