// Builds dist/ when it is missing, so that `npm start` and `npm run demo` work right after a clone.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(new URL("../dist/cli/main.js", import.meta.url))) {
  const { status, error } = spawnSync("npm run build --silent", { cwd: root, shell: true, stdio: "inherit" });
  if (error) console.error(error.message);
  process.exit(status ?? 1);
}
