/** What `doctor` says of the program itself: Node, and the packages that may be left out. */
import { createRequire } from "node:module";
import { type Check, doubt, failed, ok } from "./check.ts";

/** As package.json demands it. */
const LEAST_NODE = [20, 19] as const;
const RECOMMENDED_NODE = 22;

interface Optional {
  readonly name: string;
  readonly purpose: string;
}

const SERVING: readonly Optional[] = [
  { name: "fastify", purpose: "serve" },
  { name: "@fastify/swagger-ui", purpose: "the page /docs" },
];
const MONGO: Optional = { name: "mongodb", purpose: "MongoDB databases" };

/** @param version without `v`, as in `process.versions.node` */
export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
  if (isOld) return failed("node", `v${version} is too old`, `install Node ${RECOMMENDED_NODE} or newer`);
  return ok("node", `v${version}`);
}

/** @param url of the database */
export function packageChecks(url: string | undefined, isThere: (name: string) => boolean = isInstalled): Check[] {
  const wanted = url?.startsWith("mongodb") ? [] : [MONGO];
  const missing = [...SERVING, ...wanted].filter(({ name }) => !isThere(name));
  const needed = url?.startsWith("mongodb") && !isThere(MONGO.name) ? [needs(MONGO)] : [];
  if (missing.length === 0) return [...needed, ok("packages", "all optional ones are installed")];
  const list = missing.map(({ name, purpose }) => `${name} (${purpose})`).join(", ");
  const names = missing.map(({ name }) => name).join(" ");
  const isServer = missing.some(({ name }) => name === "fastify");
  const detail = `not installed: ${list}`;
  if (!isServer) return [...needed, ok("packages", `${detail}; fine while nothing asks for it`)];
  return [...needed, doubt("packages", detail, `npm install ${names}`)];
}

function needs({ name, purpose }: Optional): Check {
  return failed("packages", `${name} is not installed, which ${purpose} need`, `npm install ${name}`);
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}
