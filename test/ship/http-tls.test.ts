/** TLS: whom the sink trusts, and what it says when it does not. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type HttpSinkOptions, httpSink } from "../../src/ship/http-sink.ts";
import { answering, batchRoute, closeServers, events, listen, stored } from "./http-fakes.ts";

afterEach(closeServers);

const data = resolve(import.meta.dirname, "../data/tls");
const [CERT, KEY, OTHER] = ["cert.pem", "key.pem", "other-cert.pem"].map((name) => join(data, name)) as [
  string,
  string,
  string,
];
const textOf = (file: string) => readFileSync(file, "utf8");
const folder = mkdtempSync(join(tmpdir(), "madsci-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function sinkTo(tls: HttpSinkOptions["tls"], options: ServerOptions = {}) {
  const own = { cert: textOf(CERT), key: textOf(KEY), ...options };
  const base = `https://127.0.0.1:${await listen(createServer(own, answering(batchRoute)))}`;
  const sink = httpSink({ url: base, tls, token: "s3cret" });
  return { base, send: () => sink.send(events(2), new AbortController().signal) };
}

describe("the certificate of the server", () => {
  it.each([
    ["a file of authorities", { ca: CERT }],
    ["their text", { ca: textOf(CERT) }],
    ["whoever answers, when told so", { rejectUnauthorized: false }],
  ])("is checked against %s", async (_what, tls) => {
    const { send } = await sinkTo(tls);
    expect(await send()).toEqual([stored, stored]);
    expect(await send()).toEqual([stored, stored]);
  });

  it.each([
    ["nobody known", undefined],
    ["another authority", { ca: OTHER }],
  ])("is waited for when it is signed by %s", async (_what, tls) => {
    const { send, base } = await sinkTo(tls);
    const message = `no secure connection to ${base} (DEPTH_ZERO_SELF_SIGNED_CERT)`;
    await expect(send()).rejects.toMatchObject({ kind: "retry", message });
  });

  it("is trusted as soon as the file of authorities holds its own", async () => {
    const ca = join(folder, "rotated.pem");
    copyFileSync(OTHER, ca);
    const { send } = await sinkTo({ ca });
    await expect(send()).rejects.toMatchObject({ kind: "retry" });
    copyFileSync(CERT, ca);
    expect(await send()).toEqual([stored, stored]);
  });

  it("is missed where none is spoken", async () => {
    const port = await listen(createPlainServer(answering(batchRoute)));
    const sink = httpSink({ url: `https://localhost:${port}` });
    const message = expect.stringMatching(/^no secure connection to https:\/\/localhost:\d+ \((EPROTO|ERR_SSL_\w+)\)$/);
    const sent = sink.send(events(1), new AbortController().signal);
    await expect(sent).rejects.toMatchObject({ kind: "retry", message });
  });
});

describe("the certificate of the sink", () => {
  it("is shown to a server that asks", async () => {
    const asking = { requestCert: true, rejectUnauthorized: true, ca: textOf(CERT) };
    expect(await (await sinkTo({ ca: CERT, cert: CERT, key: KEY }, asking)).send()).toEqual([stored, stored]);
    await expect((await sinkTo({ ca: CERT }, asking)).send()).rejects.toMatchObject({ kind: "retry" });
  });

  it("must fit its key", async () => {
    const { send } = await sinkTo({ ca: CERT, cert: OTHER, key: KEY });
    const message = "tls.ca, tls.cert or tls.key cannot be used (ERR_OSSL_X509_KEY_VALUES_MISMATCH)";
    await expect(send()).rejects.toMatchObject({ kind: "hold", message });
  });
});

describe("a file of certificates", () => {
  it("is named when it is not there or holds something else, and read again", async () => {
    const ca = join(folder, "ca.pem");
    const { send } = await sinkTo({ ca });
    const absent = `tls.ca: ${ca} cannot be read (ENOENT)`;
    await expect(send()).rejects.toMatchObject({ kind: "hold", message: absent });
    writeFileSync(ca, "rubbish");
    await expect(send()).rejects.toMatchObject({ kind: "hold", message: `tls.ca: ${ca} holds no PEM` });
    copyFileSync(CERT, ca);
    expect(await send()).toEqual([stored, stored]);
  });
});

describe("tls options", () => {
  it.each([
    ["x"],
    [{ ca: 1 }],
    [{ ca: "" }],
    [{ cert: CERT }],
    [{ key: KEY }],
    [{ rejectUnauthorized: "no" }],
    [{ pfx: "x" }],
  ])("refuses %j", (tls) => {
    const options = { url: "https://x", tls } as HttpSinkOptions;
    expect(() => httpSink(options)).toThrow(expect.objectContaining({ code: "EVT_INVALID_OPTION" }));
  });
});
