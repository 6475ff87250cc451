/** Cursors of arrival in a file: none is given twice, and each knows its file. */
import { copyFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Connection } from "../../../src/backend/sqlite/connection.ts";
import { filled, folder, opened, prepared, RECEIVED, series } from "./setup.ts";

const LATER = RECEIVED + 10_000_000n;

it("never gives a place twice, also after the newest events were purged", async () => {
  const path = `${folder()}/events.db`;
  const backend = await filled(series(10), path);
  const { cursor } = await backend.arrivals(undefined, 1);
  await backend.archive({ ids: ["e000008", "e000009"] }, RECEIVED, 10);
  expect(await backend.purge(LATER, 10)).toBe(2);
  expect(await backend.estimate()).toBe(8);
  await backend.close();
  const again = await opened(path);
  expect(await again.arrivals(cursor, 10)).toMatchObject({ arrivals: [], lost: false, cursor });
  await again.append([prepared({ _id: "new" })], RECEIVED);
  const page = await again.arrivals(cursor, 10);
  expect(page.arrivals.map(({ event }) => event._id)).toEqual(["new"]);
  expect(page.lost).toBe(false);
  expect(await again.estimate()).toBe(9);
});

it("tells where purged events are missing, page by page", async () => {
  const backend = await filled(series(10));
  const first = await backend.arrivals(undefined, 1);
  const start = first.cursor.replace(/-\d+$/, "-0");
  await backend.archive({ ids: ["e000004"] }, RECEIVED, 10);
  await backend.purge(LATER, 10);
  const pages: [string[], boolean][] = [];
  for (let cursor = start, more: boolean | undefined = true; more; ) {
    const page = await backend.arrivals(cursor, 3);
    pages.push([page.arrivals.map(({ event }) => event._id.slice(-1)), page.lost]);
    ({ cursor, more } = page);
  }
  expect(pages).toEqual([
    [["0", "1", "2"], false],
    [["3", "5", "6"], true],
    [["7", "8", "9"], false],
  ]);
});

it("reads large events in small pages", async () => {
  const backend = await opened();
  const start = (await backend.arrivals(undefined, 1)).cursor;
  await backend.append(
    Array.from({ length: 30 }, (_, i) => prepared({ _id: `big${i}`, event_data: "x".repeat(250_000) })),
    RECEIVED,
  );
  const page = await backend.arrivals(start, 500);
  expect(page).toMatchObject({ more: true, lost: false });
  expect(page.arrivals.length).toBe(8);
  expect(page.arrivals[0]?.bytes).toBeGreaterThan(250_000);
});

it("knows the cursors of another file, of two files made in the same moment, and of a restored older copy", async () => {
  const path = folder();
  const [one, other] = [await filled(series(5), `${path}/one.db`), await filled(series(5), `${path}/other.db`)];
  const { cursor } = await one.arrivals(undefined, 1);
  expect(await other.arrivals(cursor, 10)).toMatchObject({ arrivals: [], lost: true });
  await one.close();
  copyFileSync(`${path}/one.db`, `${path}/copy.db`);
  const longer = await opened(`${path}/one.db`);
  await longer.append(
    series(3, () => ({ _id: undefined as never })),
    RECEIVED,
  );
  const ahead = (await longer.arrivals(undefined, 1)).cursor;
  const copy = await opened(`${path}/copy.db`);
  expect(await copy.arrivals(ahead, 10)).toMatchObject({ arrivals: [], lost: true, cursor });
});

it("follows a file made before files had an origin, and keeps its cursors when it gets one", async () => {
  const path = `${folder()}/events.db`;
  await (await filled(series(3), path)).close();
  const raw = await Connection.open(path);
  raw.exec("drop table origin");
  raw.close();
  const reader = await opened(path, { readOnly: true });
  const { cursor } = await reader.arrivals(undefined, 1);
  const writer = await opened(path);
  await writer.append([prepared({ _id: "new" })], RECEIVED);
  for (const backend of [reader, writer]) {
    const page = await backend.arrivals(cursor, 10);
    expect([page.lost, page.arrivals.map(({ event }) => event._id)]).toEqual([false, ["new"]]);
  }
});

it("has to be looked at only where another process may write", async () => {
  const path = `${folder()}/events.db`;
  expect((await opened(path)).arrivalPollMs).toBeUndefined();
  expect((await opened()).arrivalPollMs).toBeUndefined();
  expect((await opened(path, { readOnly: true })).arrivalPollMs).toBe(200);
});
