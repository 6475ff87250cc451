// npm run bench -- alert | backup | ingest | query | report | restore | ship | tail   Measures, prints one table, and never fails for being slow.
import "./typescript.mjs";

const BENCHES = {
  alert: () => import("./alert.ts"),
  backup: () => import("./backup.ts"),
  ingest: () => import("./ingest.ts"),
  query: () => import("./query.ts"),
  report: () => import("./report.ts"),
  restore: () => import("./restore.ts"),
  ship: () => import("./ship.ts"),
  tail: () => import("./tail.ts"),
};
const [name = ""] = process.argv.slice(2);

if (Object.hasOwn(BENCHES, name)) {
  const { run } = await BENCHES[name]();
  await run();
} else {
  console.error(`npm run bench -- ${Object.keys(BENCHES).join(" | ")}; sizes and times: see test/bench/README.md`);
  process.exitCode = 2;
}
