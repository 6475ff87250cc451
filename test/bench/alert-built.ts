/** The built package as `serve` runs it, so with its writer thread; the types are the sources'. */
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const BUILT = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = dirname(dirname(process.env.MADSCI_EVENTS_CLI ?? BUILT));
const built = <Module>(name: string) => import(pathToFileURL(join(folder, name)).href) as Promise<Module>;

export const { EventStore } = await built<typeof import("../../src/index.ts")>("index.js");
export const { openAlerts, functionChannel } = await built<typeof import("../../src/alert/index.ts")>("alert.js");
