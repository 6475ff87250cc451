import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KNOWN_COUNTERS } from "../../src/alert/lint.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

const text = readFileSync(new URL("../../schema/alerting.md", import.meta.url), "utf8");
const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => yaml);

test.each(examples.map((yaml, i) => [i, yaml] as const))(
  "nothing is wrong in example %i of alerting.md",
  async (_i, yaml) => {
    const cwd = project();
    writeFileSync(join(cwd, "alerts.yaml"), yaml);
    const names = [...yaml.matchAll(/env:([A-Z_]+)/g)].map(([, name = ""]) => [name, "https://hooks.example.org/x"]);
    const { stdout } = await runHere(["alerts", "lint", "alerts.yaml"], { cwd, env: Object.fromEntries(names) });
    expect(stdout).toBe("nothing is wrong\n");
  },
);

test("alerting.md names the counters there are", () => {
  for (const counter of KNOWN_COUNTERS) expect(text).toContain(`\`${counter}\``);
});
