import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { pace } from "../../src/report/pace.ts";

/** Busy until the clock shows that much later: what a report's loop does. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it("asks for no pause before its time has come", () => {
  const step = pace(1000);
  expect(step()).toBeUndefined();
});

it("lets others have their turn once its time is up, and counts anew", async () => {
  const step = pace(20);
  const others: string[] = [];
  void turn().then(() => others.push("other"));
  work(25);
  const pause = step();
  expect(others).toEqual([]);
  await pause;
  expect(others).toEqual(["other"]);
  expect(step()).toBeUndefined();
});

it("lasts until a request has been answered that needs several turns", async () => {
  const step = pace(20);
  const request: string[] = [];
  const goOn = (what: string) => turn().then(() => request.push(what));
  void goOn("read")
    .then(() => goOn("stored"))
    .then(() => goOn("answered"));
  work(25);
  await step();
  expect(request).toEqual(["read", "stored", "answered"]);
});
