/** `save_to_file` of the reports: into the export directory, whole, and nowhere else. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { foldersOf, saveFile } from "../../src/rest/report-file.ts";
import { openServer, type TestServerOptions } from "./server.ts";

const now = () => new Date(2025, 5, 10, 23, 30);

let around: string;
let exportDir: string;
beforeEach(() => {
  around = mkdtempSync(join(tmpdir(), "madsci-export-"));
  exportDir = join(around, "exports");
});
afterEach(() => rmSync(around, { recursive: true, force: true }));

const serverOf = (options: TestServerOptions = {}) => openServer({ now, exportDir, ...options });
const saving = (outputPath: string, report = "sessions") =>
  `/utilization/${report}?csv_format=true&save_to_file=true&output_path=${encodeURIComponent(outputPath)}`;
/** Everything there is in the folder around, by its path. */
const found = () =>
  readdirSync(around, { recursive: true, encoding: "utf8" })
    .filter((name) => lstatSync(join(around, name)).isFile())
    .sort();

describe("a report that is saved", () => {
  it.each([
    ["sessions", "madsci_utilization_report_basic_20250610.csv", "session_utilization"],
    ["periods", "madsci_utilization_periods_daily_20250610.csv", "utilization_periods"],
    ["user", "madsci_user_utilization_detailed_20250610.csv", "user_utilization"],
    ["users", "madsci_user_utilization_detailed_20250610.csv", "user_utilization"],
  ])("of %s has MADSci's name and answer", async (report, name, report_type) => {
    await using server = await serverOf();
    const { status, json } = await server.get(saving("2025/June reports/", report));
    const message = "CSV file saved successfully";
    const file_path = `2025/June reports/${name}`;
    const rest = { csv_format: true, saved_to_server: true, report_type };
    expect([status, json]).toEqual([200, { success: true, message, file_path, ...rest }]);
    expect(found()).toEqual([`exports/2025/June reports/${name}`]);
    const { text } = await server.get(`/utilization/${report}?csv_format=true`);
    expect(readFileSync(join(exportDir, file_path), "utf8")).toBe(text);
  });

  it("replaces the one of the day, and leaves nothing else behind", async () => {
    await using server = await serverOf();
    const { file_path } = (await server.get(saving("."))).json;
    writeFileSync(join(exportDir, file_path), "old");
    await Promise.all([1, 2, 3].map(() => server.get(saving("."))));
    expect(found()).toEqual([`exports/${file_path}`]);
    expect(readFileSync(join(exportDir, file_path), "utf8")).toMatch(/^=== UTILIZATION REPORT ===\r\n/);
  });

  it("needs CSV: without it the answer is the report", async () => {
    await using server = await serverOf();
    const { json } = await server.get("/utilization/sessions?save_to_file=true&output_path=a");
    expect(json).toHaveProperty("session_details");
    expect(found()).toEqual([]);
  });

  it("is not made by HEAD", async () => {
    await using server = await serverOf();
    expect((await server.send({ method: "HEAD", url: saving("a") })).status).toBe(200);
    expect(found()).toEqual([]);
  });
});

const ELSEWHERE = [
  "/tmp",
  "//tmp",
  "C:\\lab",
  "\\\\host\\share",
  "..",
  "../..",
  "a/../..",
  "a/../b",
  "a/..\\b",
  "a\\b",
  "C:",
  "a:b",
  "~",
  ".hidden",
  "a/.git",
  "a\0b",
  "a\nb",
  "a.",
  "a ",
  " a",
  "$HOME",
  "%2e%2e",
  "x".repeat(65),
  "𝒳".repeat(64), // more bytes than a name may have
  "a/b/c/d/e/f/g/h/i",
];

describe("nothing is written", () => {
  it("where no export directory is set", async () => {
    await using server = await serverOf({ exportDir: null });
    const { status, json } = await server.get(saving("a"));
    expect([status, json.detail]).toEqual([403, expect.stringContaining("utilization_export_dir")]);
    const lenient = await server.get(`${saving("a")}&strict=false`);
    expect([lenient.status, lenient.json]).toEqual([200, { error: expect.stringContaining("utilization_export_dir") }]);
  });

  it("without a path", async () => {
    await using server = await serverOf();
    for (const url of ["/utilization/users?csv_format=1&save_to_file=1", saving("")]) {
      const { status, json } = await server.get(url);
      expect([status, json.detail[0].loc, json.detail[0].msg]).toEqual([
        422,
        ["query", "output_path"],
        "output_path is required when save_to_file is true",
      ]);
    }
  });

  it("to a path that may lead elsewhere", async () => {
    await using server = await serverOf();
    for (const path of ELSEWHERE) {
      const { status, json } = await server.get(saving(path));
      expect([path, status, json.detail[0].loc]).toEqual([path, 422, ["query", "output_path"]]);
    }
    expect(readdirSync(around)).toEqual([]);
  });

  it("through a link, to a folder outside or to one that is not there", async () => {
    await using server = await serverOf();
    mkdirSync(exportDir);
    mkdirSync(join(around, "outside"));
    symlinkSync(join(around, "outside"), join(exportDir, "out"));
    symlinkSync(join(around, "nowhere"), join(exportDir, "dangling"));
    for (const path of ["out", "out/deeper", "dangling", "dangling/deeper"]) {
      const { status, json } = await server.get(saving(path));
      expect([status, json.detail[0].msg]).toEqual([422, "output_path leads through what is no folder"]);
    }
    expect(found()).toEqual([]);
    expect(readdirSync(join(around, "outside"))).toEqual([]);
  });

  it("through a file, or over the folder that has the file's name; the answer shows no path of the server", async () => {
    const told: unknown[] = [];
    await using server = await serverOf({ onError: (error) => told.push(error) });
    mkdirSync(join(exportDir, "madsci_utilization_report_basic_20250610.csv", "x"), { recursive: true });
    writeFileSync(join(exportDir, "file"), "");
    expect((await server.get(saving("file"))).status).toBe(422);
    const { status, json } = await server.get(saving("."));
    expect([status, json.detail]).toEqual([500, expect.stringMatching(/^The file could not be saved \(E\w+\)$/)]);
    expect(told).toEqual([expect.objectContaining({ code: expect.any(String) })]);
    const lenient = await server.get(`${saving(".")}&strict=false`);
    expect(lenient.json).toEqual({ error: `Failed to generate report: ${json.detail}` });
    expect(found()).toEqual(["exports/file"]);
  });

  it("for a page of another origin, unless its origin is named", async () => {
    await using server = await serverOf({ corsOrigins: ["https://lab.example"] });
    await using open = await serverOf({ corsOrigins: ["*"] });
    const foreign: Record<string, string>[] = [{ "sec-fetch-site": "cross-site" }, { origin: "https://other.example" }];
    for (const headers of foreign) {
      for (const one of [server, open]) {
        const { status, json } = await one.get(saving("a"), headers);
        expect([status, json.detail]).toEqual([403, expect.stringContaining("cors_origins")]);
      }
      expect((await server.get("/utilization/sessions", headers)).status).toBe(200);
    }
    expect(found()).toEqual([]);
    const own = { origin: "http://lab:8001", host: "lab:8001" };
    const near: Record<string, string>[] = [
      { origin: "https://lab.example" },
      own,
      { "sec-fetch-site": "same-origin" },
    ];
    for (const headers of near) expect((await server.get(saving("a"), headers)).status).toBe(200);
  });
});

it("a link over which a file is saved is replaced, not followed", async () => {
  await using server = await serverOf();
  const { file_path } = (await server.get(saving("."))).json;
  writeFileSync(join(around, "precious"), "precious");
  rmSync(join(exportDir, file_path));
  symlinkSync(join(around, "precious"), join(exportDir, file_path));
  expect((await server.get(saving("."))).status).toBe(200);
  expect(readFileSync(join(around, "precious"), "utf8")).toBe("precious");
});

it("an export directory that is a link itself is the owner's choice", async () => {
  mkdirSync(join(around, "disk"));
  symlinkSync(join(around, "disk"), exportDir);
  await using server = await serverOf();
  expect((await server.get(saving("a"))).status).toBe(200);
  expect(readdirSync(join(around, "disk"))).toEqual(["a"]);
});

it("a file whose text breaks off never appears", async () => {
  async function* breaking() {
    yield "half";
    throw new RangeError("broken");
  }
  const place = { root: exportDir, folders: ["a"], name: "r.csv" };
  await expect(saveFile(place, breaking())).rejects.toThrow("broken");
  expect(found()).toEqual([]);
});

it("what a killed server left unfinished goes with the next file, and nothing else does", async () => {
  const id = "2de55f21-e65e-4d7b-bc38-b00b9c585411";
  const [left, fresh] = [`.old.csv.${id}.part`, `.new.csv.${id}.part`];
  const others = [".old.csv.part", "old.csv", `old.csv.${id}.part`, fresh];
  mkdirSync(exportDir);
  for (const name of [left, ...others]) writeFileSync(join(exportDir, name), "half");
  const longAgo = new Date(Date.now() - 3 * 86_400_000);
  for (const name of [left, ...others.slice(0, 3)]) utimesSync(join(exportDir, name), longAgo, longAgo);
  await using server = await serverOf();
  const { file_path } = (await server.get(saving("."))).json;
  expect(found()).toEqual([file_path, ...others].map((name) => `exports/${name}`).sort());
});

it.each([
  [".", []],
  ["./", []],
  ["a", ["a"]],
  ["./a//b/", ["a", "b"]],
  ["2025-06/Übersicht v1.2_x", ["2025-06", "Übersicht v1.2_x"]],
])("%j leads through %j", (path, folders) => {
  expect(foldersOf(path)).toEqual(folders);
});
