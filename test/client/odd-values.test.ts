/** Values a log call should not be given, and is. */
import { describe, expect, it } from "vitest";
import { EventClient, withEventContext } from "../../src/client/index.ts";
import { failure, openClient, openLab } from "./setup.ts";

async function open() {
  const lab = await openLab();
  const { client } = openClient(lab.url);
  const data = async () => {
    await client.flush();
    return (await lab.events()).map(({ event_data }) => event_data as Record<string, unknown>);
  };
  return { client, data };
}

const fail = () => {
  throw new Error("secret reason");
};
const failing = new Proxy({}, { get: fail });
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

describe("a log call", () => {
  it("never throws, whatever its options are", async () => {
    const { client, data } = await open();
    const options = {
      get level(): number {
        return fail();
      },
    };
    for (const odd of [options, failing, revoked, Symbol("s")]) expect(client.log("m", odd as never)).not.toBe("");
    expect((await data()).map(({ message }) => message)).toEqual(["m", "m", "m", "m"]);
  });

  it("never throws, whatever it logs", async () => {
    const { client, data } = await open();
    for (const odd of [failing, revoked]) {
      client.info("text", odd);
      client.info(odd, "text");
      client.log(odd);
    }
    expect(await data()).toHaveLength(6);
    expect(client.stats().dropped).toBe(0);
  });

  it("works without its client, also in a bound one and as a subclass has it", async () => {
    class Loud extends EventClient {
      override info(...given: unknown[]): string {
        return super.info("LOUD", ...given);
      }
    }
    const { client, data } = await open();
    const { info, log_warning } = client;
    info("a");
    log_warning("b");
    const { error } = client.bind({ bound: 1 });
    await Promise.reject(new Error("c")).catch(error);
    expect((await data()).map(({ message }) => message)).toEqual(["a", "b", "c"]);
    expect((await data())[2]).toMatchObject({ bound: 1 });
    await using loud = new Loud({
      eventServerUrl: "http://127.0.0.1:9",
      close: { totalMs: 1 },
      onDiagnostic: () => {},
    });
    expect(loud.info({ a: 1 })).not.toBe("");
  });

  it("loses only the field whose getter throws", async () => {
    const { client, data } = await open();
    const odd = {
      a: 1,
      get b() {
        return fail();
      },
    };
    client.info("text", { ...{ before: 1 }, odd });
    client.error("jammed", Object.defineProperties({ err: new Error("x") }, Object.getOwnPropertyDescriptors(odd)));
    const error = Object.defineProperty(new Error("kept"), "code", { get: fail, enumerable: true });
    client.error(error);
    const [first, second, third] = await data();
    expect(first).toEqual({ message: "text", before: 1, odd: { a: 1, b: "[unreadable]" } });
    expect(second).toMatchObject({ message: "jammed", a: 1, b: "[unreadable]", error: { message: "x" } });
    expect(third).toMatchObject({ message: "kept", error: { message: "kept", code: "[unreadable]" } });
  });

  it("takes an object that is one value as one", async () => {
    const { client, data } = await open();
    const odd = [
      { toJSON: fail, a: 1 },
      new String("text"),
      new Number(5),
      new URL("http://a/b"),
      /x+/g,
      Promise.resolve(),
    ];
    for (const one of odd) client.info("m", one);
    expect((await data()).map(({ args }) => args)).toEqual([
      ["[unreadable]"],
      ["text"],
      [5],
      ["http://a/b"],
      ["/x+/g"],
      ["[Promise]"],
    ]);
  });

  it("keeps its text where a template cannot be filled", async () => {
    const { client, data } = await open();
    client.info("x %j", 5n);
    client.info("x %j", { n: 5n });
    client.info("x %s", { toString: fail, [Symbol.toPrimitive]: fail });
    client.info("x %o %O", failing, revoked);
    client.info("x %d", Symbol("s"));
    const messages = (await data()).map(({ message }) => String(message));
    expect(messages.slice(0, 2)).toEqual(["x 5", 'x {"n":5}']);
    expect(messages).toHaveLength(5);
    expect(messages.every((message) => message.startsWith("x "))).toBe(true);
    expect(await client.flush()).toMatchObject({ logged: 5, dropped: 0 });
  });

  it("looks at a huge value no further than an event can hold", async () => {
    const { client, data } = await open();
    let reads = 0;
    const counted = (target: object) =>
      new Proxy(target, {
        get: (from, key) => {
          reads += 1;
          return Reflect.get(from, key);
        },
      });
    const sparse: unknown[] = [];
    sparse[3e7] = 1;
    client.info("list", { list: counted(new Array(3e6).fill(1)) });
    client.info("keys", counted(Object.fromEntries(Array.from({ length: 2e5 }, (_, at) => [`k${at}`, at]))));
    client.info("sparse", { sparse });
    client.info("%j", sparse);
    expect(reads).toBeLessThan(500_000);
    expect(await data()).toHaveLength(4);
    expect(client.stats()).toMatchObject({ truncated: 4, deadLettered: 0 });
  });

  it("takes bytes and arrays of numbers as one value", async () => {
    const { client, data } = await open();
    client.info(Buffer.from("hello"));
    client.info("m", Buffer.alloc(1_000_000));
    client.info("m", { spectrum: new Float32Array([1, 2.5]), large: new Float64Array(1_000_000) });
    client.log(new ArrayBuffer(3));
    const [hello, large, numbers, buffer] = await data();
    expect(hello).toEqual({ value: "[Buffer of 5 bytes, base64: aGVsbG8=]" });
    expect(large?.args).toEqual([expect.stringMatching(/^\[Buffer of 1000000 bytes, base64: A+…\]$/)]);
    expect(numbers).toMatchObject({
      spectrum: [1, 2.5],
      large: expect.stringContaining("Float64Array of 8000000 bytes"),
    });
    expect(buffer).toEqual({ value: "[ArrayBuffer of 3 bytes, base64: AAAA]" });
  });

  it("keeps the errors of an AggregateError, in causes too, the first ten of them", async () => {
    const { client, data } = await open();
    const all = new AggregateError([new Error("one"), new TypeError("two")], "both");
    client.error(new Error("outer", { cause: all }));
    client.error(
      new AggregateError(
        Array.from({ length: 12 }, () => new Error("x")),
        "many",
      ),
    );
    const [first, second] = await data();
    const errors = [
      { type: "Error", message: "one", stack: expect.stringContaining("odd-values") },
      { type: "TypeError", message: "two", stack: expect.stringContaining("odd-values") },
    ];
    expect(first).toMatchObject({ error: { cause: { type: "AggregateError", message: "both", errors } } });
    const many = (second as { error: { errors: unknown[] } }).error.errors;
    expect([many.length, many[10]]).toEqual([11, "[2 more]"]);
  });
});

describe("what a client is bound to", () => {
  it("may hold values that cannot be read", async () => {
    const { client, data } = await open();
    const odd = {
      a: 1,
      get b() {
        return fail();
      },
    };
    client.bind(odd).info("bind");
    client.child(odd).info("child");
    client.bind(revoked as never).info("revoked");
    withEventContext({ metadata: odd }, () => client.info("context"));
    const fields = { a: 1, b: "[unreadable]" };
    expect(await data()).toEqual([
      { message: "bind", ...fields },
      { message: "child", ...fields },
      { message: "revoked", value: "[unreadable]" },
      { message: "context", ...fields },
    ]);
  });

  it("is refused with a code where its options cannot be read", async () => {
    const { client } = await open();
    for (const odd of [failing, revoked]) {
      expect((await failure(() => client.child({}, odd as never))).code).toBe("EVT_INVALID_OPTION");
      expect((await failure(() => withEventContext(odd as never, () => 1))).code).toBe("EVT_INVALID_OPTION");
    }
  });
});
