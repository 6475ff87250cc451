import { describe, expect, it } from "vitest";
import { fillTemplate, parseTemplate, type Template } from "../../src/event/template.ts";

const fields = JSON.parse(
  '{"a":"x","n":7,"big":{"deep":{"er":[10,20]}},"trace.id":"flat","trace":{"id":"nested"},"null":null,"__proto__":{"p":1}}',
);

function fill(text: string, given: object = fields): unknown {
  const template = parseTemplate(text);
  if (typeof template === "string") throw new Error(template);
  return fillTemplate(template as Template, given);
}

describe("filling in", () => {
  it.each([
    ["plain", "plain"],
    ["", ""],
    ["{a}", "x"],
    ["{n}", 7],
    ["{null}", null],
    ["{big.deep}", { er: [10, 20] }],
    ["{big.deep.er.1}", 20],
    ["{trace.id}", "flat"],
    ["{__proto__.p}", 1],
    [" {n}", " 7"],
    ["{a}-{n}", "x-7"],
    ["{a}: {big.deep}", 'x: {"er":[10,20]}'],
    ["{{{a}}}", "{x}"],
    ["{{a}}", "{a}"],
  ])("makes of %j %j", (text, expected) => {
    expect(fill(text)).toEqual(expected);
  });

  it.each([["{gone}"], ["{a.b}"], ["x {n} {gone}"], ["{toString}"], ["{constructor.name}"], ["{big.deep.er.length}"]])(
    "finds nothing for %j",
    (text) => {
      expect(fill(text)).toBeUndefined();
    },
  );

  it("reads nothing of a prototype", () => {
    expect(fill("{__proto__}", {})).toBeUndefined();
    expect(fill("{a}", Object.create({ a: 1 }))).toBeUndefined();
  });

  it("writes long integers digit by digit", () => {
    expect(fill("id {n}", { n: 9007199254740993n })).toBe("id 9007199254740993");
  });

  it("makes no text longer than an event", () => {
    expect(fill("{a}{a}{a}", { a: "x".repeat(500_000) })).toBeUndefined();
  });

  it("bears nesting the stack does not", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(fill("{deep}!", { deep })).toBe("[too large]!");
  });
});

describe("malformed templates", () => {
  it.each([["{"], ["}"], ["{a"], ["a}"], ["{a}}"], ["{}"], ["{a..b}"], ["{.a}"], ["{a{b}}"]])(
    "says why %j is none",
    (text) => {
      expect(parseTemplate(text)).toEqual(expect.any(String));
    },
  );

  it("bounds length and placeholders", () => {
    expect(parseTemplate("x".repeat(5000))).toMatch(/longer/);
    expect(parseTemplate("{a}".repeat(33))).toMatch(/more than 32/);
  });
});
