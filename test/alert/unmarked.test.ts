/** What rings may forget, and that a batch folded again after a crash still counts once. */
import { describe, expect, it } from "vitest";
import { foldBatch, neededBy } from "../../src/alert/fold-batch.ts";
import type { Group } from "../../src/alert/group.ts";
import type { Hub } from "../../src/alert/hub.ts";
import type { MarkedEvent } from "../../src/backend/alert-records.ts";
import { arrived, LIMITS, ruleOf, T0 } from "./lab.ts";

const rules = new Map([["r", ruleOf()]]);

/** Hubs and groups in memory; `keeps` says which of a batch's groups are written. */
class Shelf {
  readonly groups = new Map<string, Group>();
  readonly hubs = new Map<string, Hub>();

  fold(events: readonly MarkedEvent[], unmarked: boolean): void {
    expect(neededBy(rules, events).hubs).toEqual(["r"]);
    const folded = foldBatch(events, this, { rules, nowMs: T0, fence: 1, limits: LIMITS, unmarked });
    for (const hub of folded.hubs) this.hubs.set(hub.rule, hub);
    for (const group of folded.groups) this.groups.set(group.id, group);
  }

  get group(): Group {
    return [...this.groups.values()][0] as Group;
  }
}

const some = (count: number) => Array.from({ length: count }, () => arrived(T0));

describe("a ring", () => {
  it("forgets what was unmarked before the batch was read, but for the newest few", () => {
    const shelf = new Shelf();
    for (let i = 0; i < 10; i++) shelf.fold(some(100), true);
    expect(shelf.group.incident?.total).toBe(1000);
    expect(shelf.group.ring).toHaveLength(120);
    expect(shelf.hubs.get("r")?.ring).toHaveLength(100);
  });

  it("keeps its batch, so folding it again changes no count", () => {
    const shelf = new Shelf();
    shelf.fold(some(100), true);
    const batch = some(300);
    for (let i = 0; i < 3; i++) shelf.fold(batch, true);
    expect(shelf.group.incident?.total).toBe(400);
    expect(shelf.hubs.get("r")?.storm.count).toBe(400);
  });

  it("keeps all it has room for where an earlier leader may have left marks", () => {
    const shelf = new Shelf();
    const batches = [some(200), some(200), some(200)];
    for (const batch of batches) shelf.fold(batch, false);
    for (const batch of batches) shelf.fold(batch, false);
    expect(shelf.group.incident?.total).toBe(600);
  });

  it("keeps the whole batch of a group that begins to storm in the middle of it", () => {
    const shelf = new Shelf();
    shelf.fold(some(450), true);
    shelf.fold(some(450), true);
    const batch = some(450);
    shelf.fold(batch, true);
    shelf.fold(batch, true);
    expect(shelf.hubs.get("r")?.storm.sinceMs).not.toBeNull();
    const keyed = [...shelf.groups.values()].find(({ role }) => role === "keyed");
    expect(keyed?.incident?.total).toBe(1350);
  });
});
