/** What `doctor` says of alerts: whether they are on, what is wrong with them, and whether the channels can work. */
import { alertSetup } from "./alert-setup.ts";
import { lintSettings } from "./alerts-lint.ts";
import { type Check, doubt, failed, ok } from "./check.ts";
import type { Config } from "./config.ts";
import { counted } from "./exit.ts";
import type { Io } from "./io.ts";
import { PlanChannels } from "./plan-channels.ts";

/** Sends nothing. @throws EventStoreError what makes a plan impossible */
export async function alertChecks(config: Config, io: Pick<Io, "env">): Promise<Check[]> {
  const lint = await lintChecks(config, io);
  if (lint.some(({ state }) => state === "fail")) return lint;
  const setup = alertSetup(config, io);
  if (setup === undefined)
    return [...lint, ok("alerts", "off; alerting or email_alerts in the settings turns them on")];
  const { plan, warnings } = setup;
  const rules = plan.rules.filter(({ enabled }) => enabled).length;
  const on = ok("alerts", `${counted(rules, "rule")}, ${counted(plan.channels.length, "channel")}`);
  const said = (text: string) => lint.some(({ detail }) => detail.endsWith(text));
  const doubts = warnings
    .filter((warning) => !said(warning))
    .map((warning) => doubt("alerts", warning, "change it where it stands"));
  await using channels = new PlanChannels(plan);
  const found = (await channels.verify()).map(({ channel, problem }) =>
    problem === null
      ? ok("channel", `${channel} works`)
      : failed("channel", `${channel}: ${problem}`, `then madsci-events alerts verify --channel ${channel}`),
  );
  return [...lint, on, ...doubts, ...found];
}

async function lintChecks(config: Config, io: Pick<Io, "env">): Promise<Check[]> {
  const { place, troubles } = await lintSettings(config, io);
  return troubles.map(({ level, path, line, message }) => {
    const at = line === undefined ? `${place}` : `${place}, line ${line}`;
    const detail = `${at}: ${path === "" ? "" : `${path}: `}${message}`;
    const fix = "madsci-events alerts lint shows all";
    return level === "error" ? failed("alerts", detail, fix) : doubt("alerts", detail, fix);
  });
}
