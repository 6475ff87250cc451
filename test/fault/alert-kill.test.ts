/**
 * `kill -9` of a program that mails alerts, at any moment and right at the changes it makes, again and again on the same
 * database: every event counts once, every incident is mailed, no mail goes out more than twice. FAULT_ROUNDS says how often.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { listIncidents } from "../../src/alert/incident-desk.ts";
import { EventStore } from "../../src/store/store.ts";
import { headerLines, startSmtp, type TestSmtp } from "../alert/smtp.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import type { AppPlan } from "./alert-app.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 40);
/** A new leader waits until the lease of the dead one has run out. */
const MONGO_ROUNDS = Math.max(2, Math.ceil(ROUNDS / 8));
const EVENTS = 30;
const LONGEST_LIFE_MS = 400;
/** About as many changes as a life has. */
const CHANGES = 120;

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));
const PROGRAM = join(CACHE, `alert-app.${process.pid}.mjs`);

beforeAll(async () => {
  mkdirSync(CACHE, { recursive: true });
  const entry = fileURLToPath(new URL("alert-app.ts", import.meta.url));
  await build({
    ...{ entryPoints: [entry], outfile: PROGRAM, bundle: true, packages: "external" },
    ...{ format: "esm", platform: "node", target: "node20", logLevel: "error" },
  });
  return () => rmSync(PROGRAM, { force: true });
});

interface Place {
  readonly url: string;
  readonly database?: string;
}

/** A life of the program. */
class App {
  readonly stored: string[] = [];
  readonly exit: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #told = new Set<string>();
  #errors = "";

  constructor(plan: AppPlan) {
    this.#child = spawn(process.execPath, [PROGRAM, JSON.stringify(plan)], { stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void this.#child.kill("SIGKILL"));
    this.#child.stderr?.on("data", (data) => (this.#errors += data));
    const lines = createInterface({ input: this.#child.stdout as NonNullable<ChildProcess["stdout"]> });
    lines.on("line", (line) => this.#hear(JSON.parse(line)));
    this.exit = once(this.#child, "close");
  }

  /** Resolves when the program has said one of these, or is no more. */
  async says(...words: readonly string[]): Promise<void> {
    const isOver = () => words.some((word) => this.#told.has(word)) || this.#child.exitCode !== null;
    const deadline = Date.now() + 60_000;
    while (!isOver() && Date.now() < deadline) await sleep(5);
    if (!words.some((word) => this.#told.has(word))) throw new Error(`it never said ${words}: ${this.#errors}`);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exit;
  }

  #hear(what: { readonly stored?: string }): void {
    for (const word of Object.keys(what)) this.#told.add(word);
    if (what.stored !== undefined) this.stored.push(what.stored);
  }
}

async function killAgainAndAgain(place: Place, rounds: number): Promise<void> {
  const smtp = await startSmtp();
  onTestFinished(() => smtp.close());
  const acknowledged = new Set<string>();
  const base = { ...place, smtpPort: smtp.port };
  for (let round = 0; round < rounds; round++) {
    const change = 1 + Math.floor(Math.random() * CHANGES);
    const when = Math.random() < 0.5 ? "before" : "after";
    const stopAt = round % 2 === 0 ? { stopAt: { change, when } as const } : {};
    const app = new App({ ...base, name: `r${round}`, events: EVENTS, ...stopAt });
    await app.says("ready");
    if (round % 2 === 0) await app.says("mark", "idle");
    else await sleep(Math.random() * LONGEST_LIFE_MS);
    await app.kill();
    for (const id of app.stored) acknowledged.add(id);
  }
  const last = new App({ ...base, name: "last", events: 0 });
  await last.says("idle");
  await last.kill();
  expect(acknowledged.size).toBeGreaterThan(rounds);
  await expectExact(place, { acknowledged, smtp });
}

interface Facts {
  readonly acknowledged: ReadonlySet<string>;
  readonly smtp: TestSmtp;
}

async function expectExact({ url, database }: Place, { acknowledged, smtp }: Facts): Promise<void> {
  await using store = await EventStore.open(url, { database, readOnly: true });
  const perNode = new Map<string, number>();
  const missing = new Set(acknowledged);
  for await (const { _id, event_data } of store.find()) {
    missing.delete(_id);
    const node = String((event_data as { node?: unknown }).node);
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  expect([...missing]).toEqual([]);
  const { items, cursor } = await listIncidents(store.alertHost.records, { limit: 1000 });
  expect(cursor).toBeNull();
  const counted = items.map(({ labels, total }) => [String(labels["event_data.node"]), total] as const);
  expect(new Map(counted)).toEqual(perNode);
  expect(items.length).toBe(perNode.size);
  const times = mailed(smtp);
  const missed = items.filter(({ incident_id }) => !times.incidents.has(incident_id));
  expect(missed.map(({ incident_id }) => incident_id)).toEqual([]);
  expect([...times.messages].filter(([, often]) => often > 2)).toEqual([]);
}

function mailed(smtp: TestSmtp) {
  const messages = new Map<string, number>();
  const incidents = new Set<string>();
  for (const mail of smtp.messages) {
    const id = String(headerLines(mail).find((line) => line.startsWith("Message-ID:")));
    messages.set(id, (messages.get(id) ?? 0) + 1);
    const [, incident] = /^In-Reply-To: <incident-([^@]+)@/m.exec(mail.raw) ?? [];
    if (incident !== undefined) incidents.add(incident);
  }
  return { messages, incidents };
}

it(`counts and mails every alert in an SQLite file though the program is killed ${ROUNDS} times`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-alert-kill-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await killAgainAndAgain({ url: `sqlite:${join(folder, "events.db")}` }, ROUNDS);
});

describe.skipIf(mongoSkip)(`MongoDB${mongoSkip ? ` (skipped: ${mongoSkip})` : ""}`, () => {
  it(`counts and mails every alert though the program is killed ${MONGO_ROUNDS} times`, async () => {
    const database = newDatabase();
    onTestFinished(() => dropDatabase(database));
    await killAgainAndAgain({ url: String(mongoUrl), database }, MONGO_ROUNDS);
  });
});
