/** Names in templates of mails: those there are, and a word about those there are not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lintTemplates } from "../../src/alert/lint.ts";
import { mailView } from "../../src/alert/mail-view.ts";
import { TEMPLATE_NAMES } from "../../src/alert/template-names.ts";
import { context, incident, notification } from "./mail-fixtures.ts";
import { around, CONTEXT } from "./plan-setup.ts";

const doubts = async (templates: object) =>
  (await lintTemplates(around({ templates }), CONTEXT)).map(
    ({ level, path, message }) => `${level} ${path}: ${message}`,
  );

it("are those of a mail, each told in schema/alerting.md", () => {
  const known = [...Object.keys(mailView(notification, context, 0)), "incident", "receiver"];
  expect([...TEMPLATE_NAMES].sort()).toEqual(known.sort());
  const documented = readFileSync(join(import.meta.dirname, "../../schema/alerting.md"), "utf8");
  const rows = documented.split("\n").filter((line) => line.startsWith("| `"));
  for (const name of known)
    expect([name, rows.some((row) => row.split("|")[1]?.includes(`\`${name}\``))]).toEqual([name, true]);
});

it("that nobody knows are warned of, with the nearest one", async () => {
  const text =
    "{{ sumary }} {% for e in events %}{{ e.message }}{{ forloop.index }}{% endfor %}{{ incident.rul }}{{ user }}";
  expect(
    await doubts({ text, subject: "{{ tag }} {{ incident.rule }} {{ incident.labels['source.node_id'] }}" }),
  ).toEqual([
    "warning templates.text: there is no sumary, so nothing stands there; did you mean summary?",
    "warning templates.text: there is no incident.rul, so nothing stands there; did you mean rule?",
    "warning templates.text: there is no user, so nothing stands there",
  ]);
});

it("of every field of an incident are known", async () => {
  const subject = Object.keys(incident).map((field) => `{{ incident.${field} }}`);
  expect(await doubts({ subject: subject.join("") })).toEqual([]);
});

it("are not looked for in what cannot be parsed", async () => {
  expect(await doubts({ subject: "{{ nothing | nope }}" })).toEqual([
    expect.stringMatching(/^error templates\.subject: /),
  ]);
});
