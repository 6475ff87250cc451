import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWeekly, weeklyText } from "../../src/cli/weekly.ts";
import { EventStore } from "../../src/store/store.ts";
import { scripted, sendJson } from "../client/setup.ts";
import { openServer } from "../rest/server.ts";
import { openWorld, settingsText, type World } from "./alerts-world.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

const json = (ended: { stdout: string }) => JSON.parse(ended.stdout);

describe.each(["here", "there"] as const)("alerts %s", (place) => {
  let world: World;

  beforeAll(async () => {
    world = await openWorld(place);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const incidentId = async () => json(await world.alerts("incidents", "--json"))[0].incident_id as string;

  test("incidents lists what is going on, and narrows it", async () => {
    const listed = await world.alerts("incidents");
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/^ID +STATE +SEVERITY +RULE .*\n\S+ +firing +\S+ +arm +1 /);
    expect(json(await world.alerts("incidents", "--json", "--state", "closed"))).toEqual([]);
    expect((await world.alerts("incidents", "--rule", "other")).stdout).toBe("no incidents\n");
    expect((await world.alerts("incidents", "--state", "burning")).code).toBe(2);
  });

  test("ack keeps who did it and why; an incident nobody has is a failure", async () => {
    const id = await incidentId();
    const done = await world.alerts("ack", id, "--by", "Ada", "--comment", "on it", "--for", "4h", "--json");
    expect(done).toMatchObject({ code: 0 });
    expect(json(done)).toMatchObject({ state: "acknowledged", acknowledged_by: "Ada" });
    expect(Date.parse(json(done).acknowledge_expires_at)).toBeGreaterThan(Date.now() + 3.9 * 3_600_000);
    expect((await world.alerts("incidents")).stdout).toContain("by Ada");
    expect(await world.alerts("ack", "0123456789abcdef0123.1")).toMatchObject({
      code: 1,
      stderr: 'error: there is no incident with the id "0123456789abcdef0123.1"\n',
    });
  });

  test("a silence begins, is listed, and ends", async () => {
    const argv = [
      "--selector",
      '{"rule":"other"}',
      "--for",
      "8h",
      "--comment",
      "deck open",
      "--author",
      "Ada",
      "--json",
    ];
    const made = json(await world.alerts("silence", "add", ...argv));
    expect(made).toMatchObject({ author: "Ada", comment: "deck open", selector: { rule: "other" } });
    const listed = await world.alerts("silence", "list");
    expect(listed.stdout).toContain(made.silence_id);
    expect(await world.alerts("silence", "expire", made.silence_id)).toMatchObject({ code: 0 });
    expect((await world.alerts("silence", "list")).stdout).toBe("no silences\n");
    expect(json(await world.alerts("silence", "list", "--all", "--json"))).toHaveLength(1);
    expect((await world.alerts("silence", "expire", "nobody")).code).toBe(1);
  });

  test("what could not be delivered is listed, tried again, given up", async () => {
    const dead = json(await world.alerts("dead", "list", "--json"));
    expect(dead).toMatchObject([
      { state: "dead", channel: "mail" },
      { state: "dead", channel: "mail" },
    ]);
    expect((await world.alerts("dead", "list")).stdout).toMatch(/b@lab\.example\.org +firing arm/);
    expect((await world.alerts("dead", "retry")).stderr).toContain("needs either ids or --all");
    expect((await world.alerts("dead", "discard", dead[0].notification_id)).stdout).toBe("1 message discarded\n");
    expect(await world.alerts("dead", "discard", dead[0].notification_id)).toMatchObject({
      code: 0,
      stdout: "0 messages discarded\n",
      stderr: `warning: the message ${dead[0].notification_id} had been discarded already\n`,
    });
    expect(json(await world.alerts("dead", "list", "--json"))).toHaveLength(1);
    expect((await world.alerts("dead", "discard", "nobody")).code).toBe(1);
  });

  test("dead retry --all takes all there are", async () => {
    world.smtp.behaviour.rcpt = "ok";
    const { code, stdout } = await world.alerts("dead", "retry", "--all");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+ messages? will be tried again\n$/),
    });
    expect((await world.alerts("dead", "list")).stdout).toBe("nothing is dead\n");
  });

  test("why says what became of an event, and of one that nobody was told about", async () => {
    const { stdout } = await world.alerts("why", "e1");
    expect(stdout).toContain("arm");
    expect(stdout).toContain("a@lab.example.org");
    expect(json(await world.alerts("why", "e1", "--json"))).toMatchObject({ event_id: "e1", rules: ["arm"] });
    expect(json(await world.alerts("why", "e2", "--json"))).toMatchObject({ rules: [], incidents: [] });
    expect(await world.alerts("why", "nobody")).toMatchObject({ code: 1 });
  });

  test("rules shows what is in force", async () => {
    expect(json(await world.alerts("rules", "--json"))).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: "arm", live_incidents: 1 })]),
    );
    expect((await world.alerts("rules")).stdout).toMatch(/\narm +match +yes .* ops +The arm is stuck\n/);
  });

  test("verify and test try the channels", async () => {
    expect(json(await world.alerts("verify", "--json"))).toEqual([{ channel: "mail", problem: null }]);
    expect((await world.alerts("test", "--channel", "mail", "--to", "b@lab.example.org")).code).toBe(0);
    expect(world.smtp.messages.at(-1)?.to).toEqual(["b@lab.example.org"]);
    expect((await world.alerts("test", "--channel", "fax")).code).toBe(2);
  });
});

describe("silences of some hours of the week", () => {
  test("are listed with them; what may be a mistake is told, and no more than once", async () => {
    await using world = await openWorld("here");
    const add = (selector: string, ...more: string[]) =>
      world.alerts("silence", "add", "--selector", selector, "--for", "8h", "--comment", "x", "--json", ...more);
    const found = await add(
      '{"rule":"arm","labels.event_type":"node_error"}',
      "--weekly",
      "mon-fri 22:00-6:00 Europe/Berlin",
    );
    expect(found).toMatchObject({ code: 0, stderr: "" });
    expect(json(found).weekly).toEqual({
      days: [1, 2, 3, 4, 5],
      from: "22:00",
      to: "06:00",
      timezone: "Europe/Berlin",
    });
    expect((await world.alerts("silence", "list")).stdout).toContain("mon-fri 22:00-06:00 Europe/Berlin");
    const slip = await add('{"ruel":"arm"}');
    expect(slip.stderr).toMatch(/there is no field ruel to match; did you mean rule\?\n.*matches no incident now/);
    const wrong = await add('{"rule":"arn","severity":"criticl"}');
    expect(wrong.stderr).toMatch(/no rule arn; did you mean arm\?\n.*no severity criticl; did you mean critical\?\n/);
    expect((await world.alerts("silence", "expire", json(wrong).silence_id)).code).toBe(0);
    expect((await add('{"rule":{"$exists":true}}')).stderr).toContain("would silence everything");
    expect((await add('{"rule":"arm"}', "--weekly", "mon-fri 25:00-06:00 Europe/Berlin")).stderr).toContain(
      "weekly.from",
    );
    expect((await add('{"rule":"arm"}', "--weekly", "funday 22:00-06:00")).stderr).toContain("--weekly takes days");
    for (const made of [found, slip]) {
      const expire = () => world.alerts("silence", "expire", json(made).silence_id);
      expect(await expire()).toMatchObject({ code: 0, stderr: "" });
      expect((await expire()).stderr).toMatch(/had ended already, at 2/);
    }
  });

  test.each([
    ["mon-fri 22:00-06:00 Europe/Berlin", [1, 2, 3, 4, 5], "mon-fri 22:00-06:00 Europe/Berlin"],
    ["Saturday,Sun 00:00 - 12:00 UTC", [6, 0], "sat,sun 00:00-12:00 UTC"],
    ["fri-mon 1:00-2:00 UTC", [5, 6, 0, 1], "fri-mon 01:00-02:00 UTC"],
    ["mon,wed,fri 01:00-02:00 UTC", [1, 3, 5], "mon,wed,fri 01:00-02:00 UTC"],
    ["daily 12:00-13:00 UTC", [0, 1, 2, 3, 4, 5, 6], "daily 12:00-13:00 UTC"],
  ])("%s are read and written", (text, days, shown) => {
    expect(readWeekly(text).days).toEqual(days);
    expect(weeklyText(readWeekly(text))).toBe(shown);
  });

  test.each(["", "mon", "mon 22:00", "mon-tue-wed 01:00-02:00", "monkey 01:00-02:00", "22:00-06:00 UTC"])(
    "%j are none",
    (text) => {
      expect(() => readWeekly(text)).toThrow("--weekly takes days");
    },
  );
});

describe("secrets that are not here", () => {
  test("are asked for by verify and test only", async () => {
    await using world = await openWorld("here");
    const login = "userRef: env:NOT_SET, passwordRef: file:nowhere, from:";
    const chat = "chat: { type: slack, urlRef: env:NOT_SET }\n    pager: { type: pagerduty, secretRef: env:NOT_SET }";
    const text = settingsText(world.smtp).replace("from:", login).replace("mail: {", `${chat}\n    mail: {`);
    writeFileSync(join(world.cwd, "event.settings.yaml"), text);
    const listed = await world.alerts("incidents", "--json");
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    const id = json(listed)[0].incident_id as string;
    const silence = ["silence", "add", "--selector", '{"rule":"arm"}', "--for", "1h", "--comment", "x"];
    const asked = [["why", "e1"], ["silence", "list"], ["dead", "list"], ["rules"], ["ack", id], silence, ["simulate"]];
    for (const argv of asked) expect(await world.alerts(...argv), argv[0]).toMatchObject({ code: 0, stderr: "" });
    for (const argv of [["verify"], ["test", "--channel", "mail"]]) {
      const { code, stderr } = await world.alerts(...argv);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("cannot be resolved") });
    }
  });
});

describe("what stands in the way", () => {
  test("a silence that lacks something, or means nothing, is refused", async () => {
    await using world = await openWorld("here");
    const wrong = [
      [["--for", "8h", "--comment", "x"], "needs --selector"],
      [["--selector", "rule", "--for", "8h", "--comment", "x"], "--selector takes a JSON object"],
      [["--selector", "{}", "--for", "a while", "--comment", "x"], "--for takes a length of time"],
      [["--selector", '{"$where":"1"}', "--for", "8h", "--comment", "x"], "$where"],
    ] as const;
    for (const [argv, words] of wrong) {
      const { code, stderr } = await world.alerts("silence", "add", ...argv);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
    }
  });

  test("a file that a server holds is looked at, and changed only through the server", async () => {
    const world = await openWorld("here");
    await using store = await EventStore.open(`sqlite:${join(world.cwd, "events.db")}`, { onWarning: () => {} });
    expect(store.stats()).toBeDefined();
    expect((await world.alerts("incidents")).code).toBe(0);
    const { code, stderr } = await world.alerts("silence", "expire", "x");
    expect(code).toBe(4);
    expect(stderr).toMatch(/already open for writing by another process/);
    await world[Symbol.asyncDispose]();
  });

  test("alerts that are off are told as such, here and there", async () => {
    const cwd = project();
    expect(await runHere(["alerts", "incidents"], { cwd })).toMatchObject({
      code: 2,
      stderr: "error: alerts are off: set alerting or email_alerts in the settings, or name a server with --server\n",
    });
    await using server = await openServer();
    const url = await server.app.listen({ port: 0, host: "127.0.0.1" });
    const { code, stderr } = await runHere(["alerts", "ack", "x", "--server", url], { cwd });
    expect({ code, has: stderr.includes("This server has no alerts") }).toEqual({ code: 2, has: true });
  });

  test("a server of MADSci's knows nothing of alerts", async () => {
    const old = await scripted((_request, response) => sendJson(response, 404, { detail: "Not Found" }));
    const { code, stderr } = await runHere(["alerts", "why", "e1", "--server", old], { cwd: project() });
    expect(code).toBe(4);
    expect(stderr).toContain("it knows nothing of alerts");
  });

  test("a broken section is refused with its place before anything is opened", async () => {
    const cwd = project();
    writeFileSync(join(cwd, "event.settings.yaml"), "alerting: { rules: [{ id: a, kind: guess }] }\n");
    const { code, stderr } = await runHere(["serve", "--port", "0"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(`event.settings.yaml: alerting.rules[0].kind: `);
  });
});
