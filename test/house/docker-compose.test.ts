/** compose.yaml by rules: what is open, what restarts, what lasts, and that no command in it is left untested. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseDocument } from "yaml";
import { instructions, ROOT } from "../interop/docker-image.ts";

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

/** Healthchecks of other programs' images, which only those images can run. */
const OTHERS = {
  mongodb: ["CMD-SHELL", 'mongosh --quiet --host "$$HOSTNAME" --eval "db.adminCommand({ ping: 1 }).ok"'],
  ferretdb: ["CMD", "/ferretdb", "ping"],
};

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const text = read("compose.yaml");
const compose = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const dockerfile = instructions(read("Dockerfile"));
const stages = dockerfile.filter(({ name }) => name === "FROM").map(({ rest }) => rest.split(" AS ")[1]);

describe("compose.yaml", () => {
  it("is YAML without doubts", () => {
    const { errors, warnings } = parseDocument(text, { merge: true });
    expect([...errors, ...warnings]).toEqual([]);
  });

  it("starts the Event Manager alone unless a profile is chosen", () => {
    const always = services.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
    expect(always).toEqual(["event-manager"]);
    expect(services.flatMap(([, { profiles = [] }]) => profiles)).toEqual(["mongodb", "ferretdb", "lab"]);
  });

  it("opens one port, on localhost unless told otherwise", () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports).toEqual([`\${LAB_BIND:-127.0.0.1}:\${LAB_PORT:-8001}:8001`]);
    expect(dockerfile.filter(({ name }) => name === "EXPOSE").map(({ rest }) => rest)).toEqual(["8001"]);
  });

  it("waits for what is healthy, and every service comes back", () => {
    for (const [name, { restart, depends_on = {} }] of services) {
      expect(restart, name).toBe("unless-stopped");
      for (const [other, { condition, required }] of Object.entries(depends_on)) {
        const to = compose.services[other];
        expect(condition, `${name} → ${other}`).toBe("service_healthy");
        expect(to?.healthcheck !== undefined || to?.build?.target === "event-manager", other).toBe(true);
        // A service of a profile that is off would be an error otherwise.
        if (to?.profiles !== undefined) expect(required, `${name} → ${other}`).toBe(false);
      }
    }
  });

  it("keeps data in volumes it names", () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(":")[0] ?? ""));
    const named = used.filter((source) => !source.startsWith("."));
    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
    const own = compose.services["event-manager"]?.volumes?.map((volume) => volume.split(":")[1]);
    const declared = dockerfile.find(({ name }) => name === "VOLUME")?.rest ?? "[]";
    expect(own).toEqual(expect.arrayContaining(JSON.parse(declared)));
  });

  it("names no password and no moving version", () => {
    const secrets = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    for (const [name, value] of secrets)
      if (/PASSWORD|SECRET|TOKEN/.test(name)) expect(value, name).toMatch(/^\$\{\w+:-\}$/);
    const images = services.filter(([, { build }]) => build === undefined).map(([, { image }]) => image);
    for (const image of images) expect(image).toMatch(/:\d+\.\d+/);
    expect(read(".gitignore").split("\n")).toContain(".env");
  });

  it("builds stages that exist, the Event Manager last, none as root", () => {
    for (const [, { build }] of services) if (build) expect(stages).toContain(build.target);
    expect(stages.at(-1)).toBe("event-manager");
    const users = dockerfile.filter(({ name }) => name === "USER").map(({ rest }) => rest);
    expect(users).toEqual(["1000:1000", "1000:1000"]);
  });

  it("has no command that is not tested", () => {
    const own = services.filter(([, service]) => "command" in service || "entrypoint" in service);
    expect(own).toEqual([]);
    const checks = services.flatMap(([name, { healthcheck }]) => (healthcheck ? [[name, healthcheck.test]] : []));
    expect(Object.fromEntries(checks)).toEqual(OTHERS);
  });
});

describe("the FerretDB of compose.yaml", () => {
  it("is the version the tests run against", () => {
    const [, version] = /FerretDB\/FerretDB v(\S+)/.exec(read("test/mongo/go.mod")) ?? [];
    expect(compose.services.ferretdb?.image).toBe(`ghcr.io/ferretdb/ferretdb:${version}`);
  });
});
