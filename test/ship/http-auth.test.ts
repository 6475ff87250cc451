/** Tokens, and how they change while a sink runs. */
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HttpSinkOptions, httpSink } from "../../src/ship/http-sink.ts";
import { batchRoute, closeServers, events, type Seen, singleRoute, sinkTo, stored } from "./http-fakes.ts";

afterEach(closeServers);

const folder = mkdtempSync(join(tmpdir(), "madsci-token-"));
const tokenFile = join(folder, "token");
const write = (token: string) => writeFileSync(tokenFile, token);
beforeEach(() => write("old\n"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server that takes one token, and may be told another. */
async function guarded(options: Partial<HttpSinkOptions>, route = batchRoute as (seen: Seen) => object) {
  const door = { token: "old", refusal: 401 };
  const to = await sinkTo((one) => {
    const known = one.headers.authorization === `Bearer ${door.token}`;
    return known ? route(one) : { status: door.refusal, body: { detail: "who are you?" } };
  }, options);
  return { ...to, door };
}

describe("a token file", () => {
  it("is read at the first delivery", async () => {
    write("early");
    const { send, door, seen } = await guarded({ tokenFile });
    write("  old\r\n");
    expect(await send(events(1))).toEqual([stored]);
    write("other");
    expect(await send(events(1))).toEqual([stored]);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer old"]);
    expect(door.token).toBe("old");
  });

  it.each([401, 403])("is read again after a %i: the delivery goes on when it holds a new one", async (refusal) => {
    const { send, door, seen } = await guarded({ tokenFile });
    await send(events(1));
    write("new");
    Object.assign(door, { token: "new", refusal });
    expect(await send(events(1))).toEqual([stored]);
    expect(seen.length).toBe(3);
  });

  it("holds the delivery until it is rotated", async () => {
    const { send, door, seen } = await guarded({ tokenFile });
    door.token = "new";
    const held = { kind: "hold", message: "HTTP 401: who are you?" };
    await expect(send(events(1))).rejects.toMatchObject(held);
    await expect(send(events(1))).rejects.toMatchObject(held);
    expect(seen.length).toBe(2);
    write("new");
    expect(await send(events(1))).toEqual([stored]);
    expect(seen.length).toBe(3);
  });

  it("is rotated for single events at once as well", async () => {
    const { send, door } = await guarded({ tokenFile }, singleRoute);
    await send(events(1));
    write("new");
    door.token = "new";
    expect(await send(events(9))).toEqual(Array(9).fill(stored));
  });

  it("is named when it cannot be read or is empty, and tried again", async () => {
    const { send, seen } = await guarded({ tokenFile });
    unlinkSync(tokenFile);
    const absent = `the token file ${tokenFile} cannot be read (ENOENT)`;
    await expect(send(events(1))).rejects.toMatchObject({ kind: "hold", message: absent });
    const none = { kind: "hold", message: `the token file ${tokenFile} holds no token` };
    for (const text of ["", " \n", "two\nlines"]) {
      write(text);
      await expect(send(events(1))).rejects.toMatchObject(none);
    }
    expect(seen).toEqual([]);
    write("old");
    expect(await send(events(1))).toEqual([stored]);
  });

  it("that is gone when the token is refused is named", async () => {
    const { send, door } = await guarded({ tokenFile });
    await send(events(1));
    unlinkSync(tokenFile);
    door.token = "new";
    await expect(send(events(1))).rejects.toMatchObject({ kind: "hold", message: expect.stringContaining("ENOENT") });
  });
});

describe("a token", () => {
  it("that is refused holds the delivery, and is not shown", async () => {
    const { send } = await guarded({ token: "s3cret" });
    const error = await send(events(1)).catch((caught) => caught);
    expect(error).toMatchObject({ kind: "hold", message: "HTTP 401: who are you?" });
    expect(JSON.stringify([error.message, error.stack])).not.toContain("s3cret");
  });

  it("goes before user and password of the address, and after a header of the caller's", async () => {
    const { base, seen } = await sinkTo(batchRoute);
    const send = (options: Partial<HttpSinkOptions>) =>
      httpSink({ url: `http://u:p@${base}`, ...options }).send(events(1), new AbortController().signal);
    await send({ token: "t" });
    await send({ token: "t", headers: { Authorization: "Own 1" } });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer t", "Own 1"]);
  });

  it.each([
    [{ token: "t", tokenFile: "f" }],
    [{ token: 1 }],
    [{ token: "a\nb" }],
    [{ tokenFile: "" }],
    [{ tokenFile: 1 }],
  ])("refuses %j", (options) => {
    const all = { url: "http://x", ...options } as HttpSinkOptions;
    expect(() => httpSink(all)).toThrow(expect.objectContaining({ code: "EVT_INVALID_OPTION" }));
  });
});
