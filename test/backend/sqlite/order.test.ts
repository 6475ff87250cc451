import { expect, test } from "vitest";
import { parseTimestamp } from "../../../src/event/timestamp.ts";
import { filled, found, ids, OPTIONS, onePage, prepared, query, series } from "./setup.ts";

test("keeps the order of instants far beyond a double's precision", async () => {
  const stamps = ["9999-12-31T23:59:59.999998Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000001Z"];
  const backend = await filled(stamps.map((event_timestamp, i) => prepared({ _id: `e${i}`, event_timestamp })));
  expect(await ids(backend)).toEqual(["e1", "e0", "e2"]);
  const exact = parseTimestamp(stamps[1] ?? "", OPTIONS.zone);
  const instant = typeof exact === "string" ? 0n : exact.instant;
  expect(await ids(backend, { from: instant, to: instant })).toEqual(["e1"]);
  expect(await ids(backend, { selector: { event_timestamp: stamps[0] } })).toEqual(["e0"]);
});

test.each(["newest", "oldest"] as const)("pages through ties without loss or repetition, %s first", async (order) => {
  const at = "2025-01-01T00:00:00Z";
  const events = Array.from({ length: 700 }, (_, i) =>
    prepared({
      _id: `t${String(i).padStart(4, "0")}`,
      event_timestamp: at,
      log_level: [10, 20, 30, 40][i % 4] ?? 10,
    }),
  );
  const backend = await filled(events);
  const expected = events.map((event) => event.event._id);
  if (order === "newest") expected.reverse();
  const selector = { log_level: { $gte: 10 } };
  const seen: string[] = [];
  let after = undefined as Awaited<ReturnType<typeof onePage>>["position"];
  do {
    const page = await onePage(backend, { order, selector, limit: 37, after });
    seen.push(...page.ids);
    after = page.position;
  } while (after);
  expect(seen).toEqual(expected);
  expect(await ids(backend, { order, selector, skip: 650 })).toEqual(expected.slice(650));
});

test.each(["newest", "oldest"] as const)("steps over crowds at one instant once, %s first", async (order) => {
  const second = (i: number) => (i < 10 ? i : i < 900 ? 10 : i < 905 ? i - 889 : i < 1800 ? 16 : i);
  const backend = await filled(
    series(2000, (i) => ({
      event_timestamp: new Date(second(i) * 1000).toISOString(),
      event_data: { even: i % 2 === 0 },
    })),
  );
  const selector = { "event_data.even": { $not: { $eq: false } } };
  const found = await ids(backend, { order, selector });
  expect(found).toHaveLength(1000);
  expect(found).toEqual([...new Set(found)].sort((a, b) => (order === "oldest" ? 1 : -1) * (a < b ? -1 : 1)));
  expect(await backend.count(query({ selector }))).toBe(1000);
});

test("orders equal instants by UTF-8 bytes of the id", async () => {
  const at = "2025-01-01T00:00:00Z";
  const backend = await filled(["\u{1f600}", "\uff5e", "z"].map((_id) => prepared({ _id, event_timestamp: at })));
  expect(await ids(backend, { order: "oldest" })).toEqual(["z", "\uff5e", "\u{1f600}"]);
});

test("merges levels, types and nodes into one order", async () => {
  const node = (i: number) => `01JNDE0000000000000000000${i % 5}`;
  const backend = await filled(
    series(3000, (i) => ({
      log_level: [10, 30, 40][i % 3] ?? 10,
      event_type: `type_${i % 7}`,
      source: { node_id: node(i) },
    })),
  );
  const all = await found(backend, { order: "oldest" });
  const check = async (selector: Record<string, unknown>, holds: (event: (typeof all)[number]) => boolean) => {
    const expected = all.filter(holds).map((event) => event._id);
    expect(expected.length).toBeGreaterThan(100);
    expect(await ids(backend, { selector, order: "oldest" })).toEqual(expected);
    expect(await ids(backend, { selector, limit: 20 })).toEqual(expected.slice(-20).reverse());
    expect(await backend.count(query({ selector, archived: false }))).toBe(expected.length);
  };
  await check({ log_level: { $gte: 30 } }, (event) => event.log_level >= 30);
  await check({ event_type: { $in: ["type_1", "type_4"] } }, (event) =>
    ["type_1", "type_4"].includes(event.event_type),
  );
  await check({ "source.node_id": { $in: [node(1), node(2)] }, log_level: 40 }, (event) => {
    return event.log_level === 40 && [node(1), node(2)].includes(event.source.node_id ?? "");
  });
});

test("continues behind an empty page where the last search stopped", async () => {
  const backend = await filled(series(2000, (i) => ({ event_data: { n: i } })));
  const selector = { "event_data.n": { $mod: [2000, 5] } };
  const pages: { ids: string[]; position: unknown }[] = [];
  let after = undefined as Awaited<ReturnType<typeof onePage>>["position"];
  do {
    const page = await onePage(backend, { selector, after });
    pages.push(page);
    after = page.position;
  } while (after);
  expect(pages[0]).toMatchObject({ ids: [], position: { instant: expect.any(BigInt) } });
  expect(pages.flatMap((page) => page.ids)).toEqual(["e000005"]);
});

test("ends quietly when the signal is aborted", async () => {
  const backend = await filled(series(1000));
  expect(await ids(backend, { signal: AbortSignal.abort() })).toEqual([]);
});
