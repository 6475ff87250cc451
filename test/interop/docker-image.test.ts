/** What the image does, outside of a container: every command of Dockerfile, compose.yaml and the documents around them. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { migrateCommands } from "../../src/schema/refusal.ts";
import { freePort } from "../helpers/ferretdb.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { below, buildContext, buildStages, environment, ROOT, type Stage } from "./docker-image.ts";

interface Ended {
  readonly code: number;
  readonly text: string;
}

const RUN_RM = /docker compose run --rm event-manager ([^\n`"']+)/g;
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Commands the documents show, without comments; a bare `…` stands for anything. */
function documented(...files: readonly string[]): string[] {
  const found = files.flatMap((file) => [...read(file).matchAll(RUN_RM)].map((match) => match[1] ?? ""));
  return [...new Set(found.map((text) => text.replace(/\s+#.*$/, "").trim()))];
}

describe("the image", () => {
  let context: string;
  let stages: Map<string, Stage>;
  const running = new Set<ChildProcess>();
  const stageOf = (name: string) => stages.get(name) as Stage;

  beforeAll(async () => {
    context = buildContext();
    stages = await buildStages(context);
    const { folder } = stageOf("event-manager");
    const settings = join(folder, "etc/madsci-events/settings.yaml");
    writeFileSync(settings, below(folder, readFileSync(settings, "utf8")));
    cpSync(join(ROOT, "examples/docker/config"), join(dirname(settings), "config"), { recursive: true }); // mounted by compose.yaml
  }, 240_000);
  afterEach(async () => {
    for (const child of running) child.kill("SIGKILL");
    await Promise.all([...running].map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
    running.clear();
  });
  afterAll(() => rmSync(dirname(context), { recursive: true, force: true }));

  /** `docker run`: the entry point with a command, or with CMD. */
  function start(stage: Stage, words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    const command = words.length > 0 ? words : (stage.commands.CMD ?? []);
    const [program = "", ...args] = [...(stage.commands.ENTRYPOINT ?? []), ...command];
    const place = (text: string) => below(stage.folder, text);
    const options = { cwd: join(stage.folder, stage.workdir), env: { ...environment(stage), ...env } };
    const child = spawn(place(program), args.map(place), options);
    running.add(child);
    return child;
  }

  async function finish(child: ChildProcess): Promise<Ended> {
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => said.push(String(data)));
    const [code] = await once(child, "close");
    running.delete(child);
    return { code, text: said.join("") };
  }

  const runRm = (words: readonly string[], env?: Readonly<Record<string, string>>) =>
    finish(start(stageOf("event-manager"), words, env));

  /** HEALTHCHECK's command; the exit code. */
  async function health(url: string): Promise<number> {
    const stage = stageOf("event-manager");
    const [program = "", ...args] = stage.commands.HEALTHCHECK ?? [];
    const env = { ...environment(stage), HEALTH_URL: `${url}/ready` };
    const { code } = await finish(
      spawn(
        program,
        args.map((text) => below(stage.folder, text)),
        { env },
      ),
    );
    return code;
  }

  it("holds the program and what it needs to run, no sources and no secrets", () => {
    const { folder, volumes, user, workdir } = stageOf("event-manager");
    expect(readdirSync(join(folder, "app")).sort()).toEqual([
      "LICENSE",
      "dist",
      "docker",
      "node_modules",
      "package.json",
      "schema",
    ]);
    const packages = readdirSync(join(folder, "app/node_modules"));
    expect(packages).toEqual(expect.arrayContaining(["commander", "fastify", "mongodb"]));
    expect(packages.filter((name) => /^(typescript|vitest|esbuild|tsup)$/.test(name))).toEqual([]);
    expect([user, workdir, volumes]).toEqual(["1000:1000", "/data", ["/data", "/backups"]]);
    for (const volume of volumes) expect(statSync(join(folder, volume)).isDirectory()).toBe(true);
    expect(existsSync(join(context, ".env"))).toBe(false);
    expect(existsSync(join(context, "examples/docker/config"))).toBe(false);
  });

  it("serves, says that it is healthy, takes in what the lab does, and ends cleanly", {
    timeout: 120_000,
  }, async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await health(url)).toBe(1);
    const server = start(stageOf("event-manager"), [], { EVENT_SERVER_URL: url, EVENT_RATE_LIMIT_ENABLED: "false" });
    await expect.poll(() => health(url), { timeout: 30_000, interval: 200 }).toBe(0);
    const lab = await finish(start(stageOf("lab"), [], { EVENT_SERVER_URL: url, LAB_SHIFTS: "1" }));
    const [, delivered = ""] = /^shift 1: (\d+) events delivered/.exec(lab.text) ?? [];
    expect(lab.code, lab.text).toBe(0);
    expect(Number(delivered), lab.text).toBeGreaterThan(70);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ total_events: Number(delivered) });
    server.kill("SIGTERM");
    expect((await finish(server)).code).toBe(0);
    expect(existsSync(join(stageOf("event-manager").folder, "data/events.db"))).toBe(true);
  });

  it("starts the lab again after a server that was away, and ends it on SIGTERM", { timeout: 60_000 }, async () => {
    const env = { EVENT_SERVER_URL: `http://127.0.0.1:${await freePort()}`, LAB_PAUSE_S: "0.1" };
    const lab = start(stageOf("lab"), [], env);
    const ended = finish(lab);
    await once(lab.stdout as NodeJS.ReadableStream, "data");
    lab.kill("SIGTERM");
    const { code, text } = await ended;
    expect([code, /^shift 1: .*ECONNREFUSED/.test(text)], text).toEqual([0, true]);
  });

  it("makes a backup each night when its settings say so", async () => {
    const file = join(stageOf("event-manager").folder, "etc/madsci-events/config/event.settings.yaml");
    const settings = readFileSync(file, "utf8");
    writeFileSync(file, settings.replaceAll(/^# (backup_)/gm, "$1"));
    const { code, text } = await runRm(["backup", "schedule"]);
    writeFileSync(file, settings);
    expect([code, /T?03:00/.test(text)], text).toEqual([0, true]);
  });

  it("has commands for migrations in its documents", () => {
    const commands = documented("README.md", "compose.yaml");
    expect(commands).toContain("npx madsci-events migrate --database madsci_events");
    expect(commands.filter((text) => text.includes("--restore-from"))).toHaveLength(1);
  });

  /** Runs what is documented against a database; the name of the backup is the newest one's. */
  async function runDocumented(database: string, env: Readonly<Record<string, string>>): Promise<void> {
    const { folder } = stageOf("event-manager");
    for (const text of documented("README.md", "compose.yaml")) {
      const named = text.replaceAll("madsci_events", database);
      const words = named.split(/\s+/).map((word) => {
        const made = () => readdirSync(join(folder, "backups")).filter((name) => name.startsWith(database));
        return word.includes("…") ? `/backups/${made().sort().at(-1)}` : word;
      });
      const { code, text: said } = await runRm(words, env);
      expect(code, `${words.join(" ")}\n${said}`).toBe(0);
    }
    expect(readdirSync(join(folder, "backups")).filter((name) => name.startsWith(database))).not.toEqual([]);
  }

  it("runs every documented command on its SQLite file", { timeout: 120_000 }, async () => {
    const event = await finish(endInput(start(stageOf("event-manager"), ["append"]), '{"event_type":"test"}'));
    expect(event.code, event.text).toBe(0);
    await runDocumented("madsci_events", {});
  });

  it.skipIf(mongoSkip)("runs every documented command on a MongoDB server", { timeout: 240_000 }, async () => {
    const database = newDatabase();
    const env = { MONGO_DB_URL: new URL(database, mongoUrl).href };
    const event = await finish(endInput(start(stageOf("event-manager"), ["append"], env), '{"event_type":"test"}'));
    expect(event.code, event.text).toBe(0);
    await runDocumented(database, env);
    await dropDatabase(database);
  });

  it("runs the command a refusal prints, and the ones of MADSci's documentation", { timeout: 60_000 }, async () => {
    const where = { kind: "sqlite", database: "madsci_events", place: "sqlite:events.db" } as const;
    const { docker } = migrateCommands(where);
    const [, printed = ""] = [...docker.matchAll(RUN_RM)][0] ?? [];
    expect(printed).toContain("/data/events.db");
    expect(await runRm(printed.split(" "))).toMatchObject({ code: 0 });
    const python = ["python", "-m", "madsci.common.mongodb_migration_tool", "--database", "madsci_events"];
    expect(await runRm([...python, "--check_version", "true"])).toMatchObject({ code: 0 });
    expect(await runRm([...python, "--chek-version"])).toMatchObject({ code: 2 });
  });

  it("runs a shell and npx as they are", { timeout: 60_000 }, async () => {
    expect((await runRm(["sh", "-c", "echo $MADSCI_SETTINGS_DIR"])).text).toContain("/etc/madsci-events");
    expect((await runRm(["sh", "-c", "madsci-events --version"])).text).toMatch(/^\d+\.\d+\.\d+/);
    expect(await runRm(["npx", "--version"])).toMatchObject({ code: 0 });
    expect(await runRm(["--help"])).toMatchObject({ code: 0 });
  });
});

function endInput(child: ChildProcess, text: string): ChildProcess {
  child.stdin?.end(text);
  return child;
}

describe("examples/docker/choose-database.sh", () => {
  const script = "examples/docker/choose-database.sh";
  const choose = (folder: string, ...args: string[]) =>
    promisify(execFile)("sh", [join(folder, script), ...args]).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  const checkout = () => {
    const folder = mkdtempSync(join(tmpdir(), "madsci-docker-env-"));
    for (const file of ["compose.yaml", script]) cpSync(join(ROOT, file), join(folder, file));
    return folder;
  };

  it("writes what compose.yaml needs beside it, with a password nobody knows, and never over it", async () => {
    const folders = [checkout(), checkout()];
    const [one = "", two = ""] = folders;
    expect([await choose(one), await choose(one, "oracle"), existsSync(join(one, ".env"))]).toEqual([2, 2, false]);
    expect([await choose(one, "mongodb"), await choose(two, "mongodb"), await choose(one, "ferretdb")]).toEqual([
      0, 0, 1,
    ]);
    const [first = "", second = ""] = folders.map((folder) => readFileSync(join(folder, ".env"), "utf8"));
    const [, password = ""] = /^DATABASE_PASSWORD=([0-9a-f]{48})$/m.exec(first) ?? [];
    expect(first).toContain(`MONGO_DB_URL=mongodb://events:${password}@mongodb:27017/madsci_events?authSource=admin`);
    expect(second).not.toContain(password);
    expect(statSync(join(one, ".env")).mode & 0o777).toBe(0o600);
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
});
