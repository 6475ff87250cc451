/** OpenReports: from the flags of a command to who makes its report. */
import type { Command } from "commander";
import type { Io } from "./io.ts";
import { serverOf } from "./open-access.ts";
import { commandConfig, openStore } from "./open-store.ts";
import type { ReportDesk } from "./report-desk.ts";
import { StoreReports } from "./report-store.ts";

/** @throws EventStoreError what opening throws; `EVT_INVALID_OPTION` where flags contradict each other */
export async function openReports(command: Command, io: Io): Promise<ReportDesk> {
  const server = serverOf(command);
  if (server !== undefined) {
    const { ServerReports } = await import("./report-server.ts");
    return new ServerReports(server);
  }
  return new StoreReports(await openStore(commandConfig(command, io), io, { readOnly: true }), io);
}
