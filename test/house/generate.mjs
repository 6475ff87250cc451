// node test/house/generate.mjs [--check]    Writes the generated files of schema/; with --check only compares (exit 1).
import { writeFileSync } from "node:fs";
import "../bench/typescript.mjs";

const check = process.argv.includes("--check");
const { generated } = await import("./generated.ts");

for (const { name, path, text, found } of generated()) {
  const same = found === text;
  if (!same && !check) writeFileSync(path, text);
  if (!same && check) process.exitCode = 1;
  console.log(`${name} ${same ? "is up to date" : check ? "differs from the sources: npm run generate" : "written"}`);
}
