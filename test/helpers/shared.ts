/** What is there only while some work runs, for all tests of a suite. */
import { afterAll, beforeAll } from "vitest";

type Within<T> = (work: (value: T) => Promise<void>) => Promise<unknown>;

/** The value that `within` gives its work, from the first test of the suite to the last. Registers hooks. */
export function shared<T>(within: Within<T>, isSkipped = false): () => T {
  let value: T | undefined;
  let leave = () => {};
  let left: Promise<unknown> | undefined;
  const stay = new Promise<void>((resolve) => {
    leave = resolve;
  });
  beforeAll(async () => {
    if (isSkipped) return;
    await new Promise<void>((ready, fail) => {
      left = within(async (given) => {
        value = given;
        ready();
        await stay;
      });
      left.catch(fail);
    });
  });
  afterAll(async () => {
    leave();
    await left;
  });
  return () => value as T;
}
