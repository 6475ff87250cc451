import { afterEach, describe, expect, it } from "vitest";
import { EventClient } from "../../src/client/index.ts";
import { nearestOption } from "../../src/client/nearest.ts";
import { resolveClientOptions } from "../../src/client/options.ts";
import { freePort } from "../helpers/ferretdb.ts";
import { failure, openClient, openLab, scripted, sendJson } from "./setup.ts";

const URL_ = "http://localhost:8001";
const before = process.env.EVENT_SERVER_URL;
afterEach(() => {
  if (before === undefined) delete process.env.EVENT_SERVER_URL;
  else process.env.EVENT_SERVER_URL = before;
});

describe("options of a client", () => {
  it.each(["event_server", "event_server_url", "eventServerUrl"])("take the server as %s", (name) => {
    expect(resolveClientOptions({ [name]: `${URL_}/` }).target.base).toBe(URL_);
  });

  it("take the server from EVENT_SERVER_URL where none is named", () => {
    process.env.EVENT_SERVER_URL = `${URL_}/lab/`;
    expect(resolveClientOptions({}).target.base).toBe(`${URL_}/lab`);
    expect(resolveClientOptions({ event_server: "http://other:1" }).target.base).toBe("http://other:1");
  });

  it("say what to give where no server is named", async () => {
    delete process.env.EVENT_SERVER_URL;
    const { code, message } = await failure(() => new EventClient());
    expect(code).toBe("EVT_INVALID_OPTION");
    expect(message).toMatch(/eventServerUrl.*EVENT_SERVER_URL.*http:\/\/localhost:8001/);
  });

  it("refuse two different servers, and addresses that are none", async () => {
    const two = await failure(() => new EventClient({ event_server: URL_, eventServerUrl: "http://other:1" }));
    expect(two.message).toContain("eventServerUrl and event_server name different servers");
    for (const url of ["localhost:8001", "ftp://host", "mongodb://host/db", ""]) {
      const { code, message } = await failure(() => new EventClient({ event_server: url }));
      expect([code, message.includes("event_server must be an http(s) address")]).toEqual(["EVT_INVALID_OPTION", true]);
    }
  });

  it.each([
    ["eventServerURL", "eventServerUrl"],
    ["event_sever", "event_server"],
    ["loglevel", "logLevel"],
    ["url", "eventServerUrl"],
    ["time_outs", "timeouts"],
    ["spol", "spool"],
  ])("refuse %s and suggest %s", async (name, suggested) => {
    const { code, message } = await failure(() => new EventClient({ event_server: URL_, [name]: "x" }));
    expect(code).toBe("EVT_INVALID_OPTION");
    expect(message).toBe(`unknown option "${name}"; did you mean "${suggested}"?`);
  });

  it("list the known ones where nothing is near", async () => {
    const { message } = await failure(() => new EventClient({ event_server: URL_, qqqqqqqq: 1 } as never));
    expect(message).toContain("known ones are eventServerUrl, event_server_url");
    expect(nearestOption("zz", ["spool"])).toBeUndefined();
  });

  it.each([
    [{ logLevel: "loud" }, "logLevel"],
    [{ log_level: 25 }, "log_level"],
    [{ source: { node_id: "x" } }, "source.node_id"],
    [{ spool: {} }, "spool.dir"],
    [{ spool: true }, "spool"],
    [{ timeouts: { default: 1 } }, 'did you mean "timeouts.defaultMs"?'],
    [{ timeouts: { dataMs: -1 } }, "timeouts.dataMs"],
    [{ batch: { maxEvent: 1 } }, "batch.maxEvent"],
    [{ onDiagnostic: "x" }, "onDiagnostic"],
    [{ headers: { "bad name": "x" } }, "headers"],
  ])("name what is wrong with %j", async (options, name) => {
    const { code, message } = await failure(() => new EventClient({ event_server: URL_, ...options } as never));
    expect([code, message]).toEqual(["EVT_INVALID_OPTION", expect.stringContaining(name)]);
  });

  it.each([
    [undefined, "info"],
    ["INFO", "info"],
    [30, "warn"],
    ["fatal", "fatal"],
    [0, "trace"],
    ["silent", "silent"],
  ])("take %j as a level", (logLevel, label) => {
    expect(new EventClient({ event_server: URL_, logLevel }).level).toBe(label);
  });

  it("keep a path below the server, with and without a slash at its end", async () => {
    const paths: string[] = [];
    const url = await scripted((request, response) => {
      paths.push(String(request.url));
      sendJson(response, 200, {});
    });
    for (const base of [`${url}/api`, `${url}/api/`]) await openClient(base).client.health();
    expect(paths).toEqual(["/api/health", "/api/health"]);
  });

  it("send headers, a token, and a user's password without ever showing it", async () => {
    const seen: (string | string[] | undefined)[] = [];
    const url = await scripted((request, response) => {
      seen.push(request.headers.authorization, request.headers["x-lab"]);
      sendJson(response, 401, { detail: "who are you?" });
    });
    const { client } = openClient(url.replace("//", "//ada:secret@"), { headers: { "x-lab": "7" } });
    const { code, message } = await failure(() => client.health());
    expect([code, message]).toEqual(["EVT_INVALID_OPTION", "GET /health: HTTP 401: who are you?"]);
    expect(seen).toEqual([`Basic ${Buffer.from("ada:secret").toString("base64")}`, "7"]);
    const port = await freePort();
    const gone = openClient(`http://ada:secret@127.0.0.1:${port}`).client;
    const away = await failure(() => gone.health());
    expect(away.code).toBe("EVT_BACKEND_UNAVAILABLE");
    expect(away.message).toBe(`GET /health: http://127.0.0.1:${port} does not answer (ECONNREFUSED)`);
  });

  it("bind context and name from the start", async () => {
    const lab = await openLab();
    const { client } = openClient(lab.url, { name: "arm", context: { slot: 3 } });
    client.info("up");
    await client.flush();
    expect((await lab.events())[0]?.event_data).toEqual({ message: "up", name: "arm", slot: 3 });
  });
});
