import { describe, expect, it } from "vitest";
import {
  backupName,
  checkDatabase,
  checkLabel,
  collectionFile,
  isBackupName,
  isPartialName,
  momentText,
  partialName,
} from "../../src/backup/names.ts";

const moment = { date: new Date(2026, 0, 2, 3, 4, 5, 6), micros: 7 };
const hash = () => "HASH";

describe("names of backups", () => {
  it("have local time to the microsecond, and the label", () => {
    expect(backupName("madsci_events", moment, undefined)).toBe("madsci_events_backup_20260102_030405_006007");
    expect(backupName("lab", moment, "pre_migration")).toBe("lab_backup_20260102_030405_006007_pre_migration");
    expect(momentText(moment)).toBe("2026-01-02T03:04:05.006007");
  });

  it("are known as those of their database, MADSci's with any suffix too", () => {
    const name = "lab_backup_20260102_030405_006007";
    for (const its of [name, `${name}_x`, `${name}_before the move`]) expect(isBackupName(its, "lab")).toBe(true);
    for (const other of [`${name}x`, `${name}_`, "lab_backup_20260102", "lab", `other_${name}`, `x${name}`])
      expect(isBackupName(other, "lab")).toBe(false);
    expect(isBackupName(name, "la")).toBe(false);
    expect(isPartialName(partialName(name), "lab")).toBe(true);
    for (const other of [name, `.${name}`, ".lab.partial", `.other_${name}.partial`])
      expect(isPartialName(other, "lab")).toBe(false);
  });

  it("take labels of letters, digits, - and _ only", () => {
    for (const label of ["a", "A-1_z", "x".repeat(64), undefined]) expect(checkLabel(label)).toBe(label);
    for (const label of ["", "a b", "../x", "a/b", "x".repeat(65), "ü", "a\n"])
      expect(() => checkLabel(label)).toThrow(/label: .* use 1 to 64 letters/);
  });

  it("take no database that leads out of the folder", () => {
    for (const name of ["madsci_events", "Lab-2", "événements"]) expect(checkDatabase(name)).toBe(name);
    for (const name of ["", ".", "..", "../x", "a/b", "a\\b", "a b", "a.b", "a\0", "x".repeat(64)])
      expect(() => checkDatabase(name)).toThrow(/database: /);
  });

  it("write collections as mongodump names their files", () => {
    expect(collectionFile("events", hash)).toBe("events");
    expect(collectionFile("a b/c%d?e", hash)).toBe("a%20b%2Fc%25d%3Fe");
    expect(collectionFile("fs.files$x@y&z=1", hash)).toBe("fs.files$x@y&z=1");
    expect(collectionFile("1+2:3\\ü\n..", hash)).toBe("1%2B2%3A3%5C%C3%BC%0A..");
    expect(collectionFile("it's (1)!*", hash)).toBe("it%27s%20%281%29%21%2A");
    expect(collectionFile("x".repeat(238), hash)).toBe("x".repeat(238));
    expect(collectionFile("x".repeat(239), hash)).toBe(`${"x".repeat(208)}%24HASH`);
  });
});
