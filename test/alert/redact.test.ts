/** What of an event is not for everybody's eyes is replaced, and ordinary words are left alone. */
import { describe, expect, it } from "vitest";
import { redactText, shownData } from "../../src/alert/redact.ts";

describe("a text", () => {
  it.each([
    ["password: hunter7", "password: [redacted]"],
    ["login failed (password=hunter7, user=ada)", "login failed (password=[redacted], user=ada)"],
    ["DB_PASSWORD=hunter7 ./run", "DB_PASSWORD=[redacted] ./run"],
    ["curl --token=abc --quiet", "curl --token=[redacted] --quiet"],
    ["curl --auth-token abc --quiet", "curl --auth-token [redacted] --quiet"],
    ["ran ['login', '--password', 'hunter7']", "ran ['login', '--password', [redacted]]"],
    ['{"accessToken": "ab cd", "n": 1}', '{"accessToken": [redacted], "n": 1}'],
    ["secret = 'two words' here", "secret = [redacted] here"],
    ["Authorization: Token abc", "Authorization: [redacted]"],
    ["authorization: Basic YWRhOmI=", "authorization: [redacted]"],
    ["Cookie: sid=abc; user=ada", "Cookie: [redacted]"],
    ["sent Bearer abcdefgh1234", "sent Bearer [redacted]"],
    ["at mqtt://ada:hunter7@broker/topic", "at mqtt://ada:[redacted]@broker/topic"],
  ])("%j is shown as %j", (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });

  it.each([
    "the password is wrong",
    "no token was given; the --token option is needed",
    "2 tokens: 17 of 20 used",
    "passwordless login: off",
    "secretary: Ada",
    "a basic error of the bearer plate",
    "authorization failed",
    "cookie cutter: stuck",
    "--password-file /etc/lab/mail is missing",
    "moved plate 3: deck.3 -> incubator.1",
  ])("%j is shown as it is", (text) => {
    expect(redactText(text)).toBe(text);
  });

  it("takes no long time, however it is made", () => {
    const before = performance.now();
    for (const part of ["--password ", "token", "a-_", '"\\', "authorization: ", "cookie:", "x=", "://:"])
      redactText(part.repeat(2000));
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe("data", () => {
  it("shows no value of a secret argument", () => {
    const args = ["login", "--password", "hunter7", "--user", "ada", "--pass-token", 1234, "--secret", "--fast"];
    const shown = ["login", "--password", "[redacted]", "--user", "ada", "--pass-token", "[redacted]"];
    expect(shownData({ args }, [])).toEqual({ args: [...shown, "--secret", "--fast"] });
    expect(shownData(["--token=abc", "password", "hunter"], [])).toEqual(["--token=[redacted]", "password", "hunter"]);
  });
});
