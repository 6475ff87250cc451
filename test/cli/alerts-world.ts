/** A lab with one incident that told one person, and two who could not be reached: in a file, or behind a server. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startAlerts } from "../../src/alert/engine.ts";
import { alertSetup } from "../../src/cli/alert-setup.ts";
import { loadConfig } from "../../src/cli/config.ts";
import { createServer } from "../../src/rest/index.ts";
import { EventStore } from "../../src/store/store.ts";
import { startSmtp, type TestSmtp } from "../alert/smtp.ts";
import { type Ended, project } from "./run.ts";
import { runHere } from "./run-here.ts";

export interface World extends AsyncDisposable {
  readonly cwd: string;
  readonly smtp: TestSmtp;
  /** Runs `alerts …` against it. */
  alerts(...argv: string[]): Promise<Ended>;
}

export function settingsText({ host, port }: TestSmtp): string {
  return [
    "alerting:",
    "  labPack: false",
    "  rules:",
    "    - { id: arm, description: The arm is stuck, select: { event_type: node_error }, groupWait: 0s, receivers: ops }",
    "  receivers: { ops: mail }",
    "  channels:",
    "    mail: { type: email, to: [a@lab.example.org, b@lab.example.org, c@lab.example.org] }",
    `  smtp: { host: ${host}, port: ${port}, tls: none, from: events@lab.example.org }`,
    "",
  ].join("\n");
}

export async function openWorld(place: "here" | "there"): Promise<World> {
  const cwd = project();
  const smtp = await startSmtp({ behaviour: { rcpt: (address) => (address.startsWith("a@") ? "ok" : 550) } });
  writeFileSync(join(cwd, "event.settings.yaml"), settingsText(smtp));
  const config = loadConfig({ flags: {}, env: {}, cwd });
  const setup = alertSetup(config, { env: {} });
  if (setup === undefined) throw new Error("alerts should be on");
  const file = `sqlite:${join(cwd, "events.db")}`;
  const store = await EventStore.open(place === "here" ? file : "memory:", { onWarning: () => {} });
  const engine = await startAlerts(store.alertHost, setup.plan, { onWarning: () => {} });
  const app = createServer({ store, alerts: engine, rateLimit: { enabled: false } });
  await store.append([
    { _id: "e1", event_type: "node_error", log_level: 30, event_data: { message: "gripper lost" } },
    { _id: "e2", event_type: "node_start" },
  ]);
  await engine.idle();
  const close = async () => {
    await app.close();
    await engine.close();
    await store.close();
  };
  const url = place === "there" ? await app.listen({ port: 0, host: "127.0.0.1" }) : "";
  if (place === "here") await close();
  const where = place === "here" ? ["--url", file] : ["--server", url];
  return {
    cwd,
    smtp,
    alerts: (...argv) => runHere(["alerts", ...argv, ...where], { cwd }),
    async [Symbol.asyncDispose]() {
      if (place === "there") await close();
      await smtp.close();
    },
  };
}
