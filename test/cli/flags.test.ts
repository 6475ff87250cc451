import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { addSettingFlags, booleanOption, normaliseArguments, settingFlags } from "../../src/cli/flags.ts";
import { ROWS } from "../../src/cli/settings.ts";
import { EventStoreError } from "../../src/errors.ts";
import { nearestName } from "../../src/event/nearest.ts";

function program(): Command {
  const command = new Command("do").addOption(booleanOption("loud", "")).option("--from <time>").argument("[x]");
  addSettingFlags(
    command,
    ROWS.map(([name]) => name),
    new Set(),
  );
  return new Command("p").addCommand(command.action(() => {}));
}

function parsed(...argv: string[]) {
  const root = program();
  root.parse(normaliseArguments(["do", ...argv], root), { from: "user" });
  const [command] = root.commands as [Command];
  return { flags: settingFlags(command), opts: command.opts(), args: command.args };
}

describe("flags", () => {
  test.each([
    [["--loud"], "true"],
    [["--no-loud"], "false"],
    [["--no_loud"], "false"],
    [["--loud", "false"], "false"],
    [["--loud", "0"], "false"],
    [["--loud", "no"], "false"],
    [["--loud", "TRUE"], "true"],
    [["--loud", "1"], "true"],
    [["--loud=yes"], "true"],
    [["--loud=false"], "false"],
  ])("a boolean may be written %j", (argv, value) => {
    expect(parsed(...argv)).toMatchObject({ opts: { loud: value }, args: [] });
  });

  test("a boolean leaves an argument behind it alone", () => {
    expect(parsed("--loud", "{}")).toMatchObject({ opts: { loud: "true" }, args: ["{}"] });
  });

  test("a flag may be a switch in one command and take a word in another", () => {
    const root = program();
    root.addCommand(new Command("ship").option("--loud <how>"));
    const inner = new Command("group").addCommand(new Command("do").option("--from").option("--to <time>"));
    root.addCommand(inner);
    expect(normaliseArguments(["ship", "--loud", "very"], root)).toEqual(["ship", "--loud=very"]);
    expect(normaliseArguments(["do", "--loud", "--from", "noon"], root)).toEqual(["do", "--loud=true", "--from=noon"]);
    expect(normaliseArguments(["group", "do", "--from", "x"], root)).toEqual(["group", "do", "--from", "x"]);
  });

  test("a boolean refuses another word", () => {
    const root = program();
    expect(() => normaliseArguments(["do", "--loud=maybe"], root)).toThrow(EventStoreError);
  });

  test("every setting is a flag with dashes and with underscores, with = and without", () => {
    for (const [name, setting] of ROWS) {
      const value = typeof setting.default === "boolean" ? "true" : setting.kind.example;
      for (const flag of [name, name.replaceAll("_", "-")]) {
        expect(parsed(`--${flag}`, value).flags[name], flag).toBe(value);
        expect(parsed(`--${flag}=${value}`).flags[name], flag).toBe(value);
      }
    }
  });

  test.each(["--url", "--db-url", "--db_url", "--mongo_db_url"])("%s is the database URL", (flag) => {
    expect(parsed(flag, "memory:").flags.mongo_db_url).toBe("memory:");
  });

  test("a value keeps its dashes and underscores", () => {
    expect(parsed("--from=a_b--c_d").opts.from).toBe("a_b--c_d");
    expect(parsed("--from", "-5").opts.from).toBe("-5");
  });

  test("behind -- nothing is a flag", () => {
    expect(parsed("--", "--a_b").args).toEqual(["--a_b"]);
  });
});

describe("nearestName", () => {
  test.each([
    ["colection_name", "collection_name"],
    ["collection_naem", "collection_name"],
    ["collection_name2x", "collection_name"],
    ["collectors", undefined],
    ["url", undefined],
  ])("%s → %s", (word, meant) => {
    expect(nearestName(word, ["collection_name", "db_url", "port"])).toBe(meant);
  });
});
