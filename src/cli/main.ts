#!/usr/bin/env node
/** Entry of the `madsci-events` command. */
import { readFileSync } from "node:fs";
import { processIo } from "./io.ts";
import { runCli } from "./program.ts";

/** This file runs as dist/cli/main.js. */
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

process.exit(await runCli(process.argv.slice(2), version, processIo()));
