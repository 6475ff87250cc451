// npm run bench -- ingest | query        Measures, prints one table, and never fails for being slow.
import "./typescript.mjs";

const BENCHES = ["ingest", "query"];
const [name = ""] = process.argv.slice(2);

if (BENCHES.includes(name)) {
  const { default: run } = await import(`./${name}.ts`);
  await run();
} else {
  console.error(`npm run bench -- ${BENCHES.join(" | ")}; sizes and times: see test/bench/README.md`);
  process.exitCode = 2;
}
