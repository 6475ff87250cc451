/** What of an event is not for everybody's eyes is replaced, and ordinary words are left alone. */
import { describe, expect, it } from "vitest";
import { redactText, shownData } from "../../src/alert/redact.ts";

/** The least of a few, of this process alone. */
function cpuMs(work: () => unknown): number {
  let least = Infinity;
  for (let run = 0; run < 3; run += 1) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

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

  it("is gone through once, however it is made: a long one takes as long as the same in pieces", () => {
    const names = [
      "--password ",
      "token",
      "--token , ",
      "authorization: ",
      "cookie:",
      "set-cookie:",
      "cookie =",
      "basic ",
    ];
    for (const part of [...names, "a-_", "a-", '"\\', 'token="\\a', "x=", "://:", "x://a:", " ", "cookie: a "]) {
      const piece = part.repeat(8192 / part.length);
      const long = piece.repeat(16);
      const inPiecesMs = cpuMs(() => Array.from({ length: 16 }, () => redactText(piece)));
      expect([part, cpuMs(() => redactText(long)) < 6 * inPiecesMs + 5]).toEqual([part, true]);
    }
  });
});

describe("data", () => {
  it.each([
    ["shown", "a b ".repeat(2048)],
    ["hidden", `cookie: a=${"b".repeat(8182)}`],
  ])("is looked at up to a limit, whatever an event holds: texts that are %s", (_, text) => {
    const lookedAt = (length: number) => {
      let looks = 0;
      const look = () => {
        looks += 1;
        return text;
      };
      const one = () => Object.defineProperty({}, "text", { enumerable: true, get: look });
      shownData({ list: Array.from({ length: 200 }, () => ({ list: Array.from({ length }, one) })) }, []);
      return looks * text.length;
    };
    // The smaller cuts look at a part of each only.
    expect(lookedAt(1)).toBeLessThan(500_000);
    expect(lookedAt(200)).toBe(lookedAt(40));
  });

  it("hides a cookie behind a name with a colon, and one after many", () => {
    expect(redactText("Cookie: a:b=c; d=e")).toBe("Cookie: [redacted]");
    expect(redactText("cookie:cookie:a=b")).toBe("cookie:cookie:[redacted]");
    expect(redactText(`${"a-".repeat(40)}password=hunter7`)).toMatch(/password=\[redacted\]$/);
  });

  it("shows no value of a secret argument", () => {
    const args = ["login", "--password", "hunter7", "--user", "ada", "--pass-token", 1234, "--secret", "--fast"];
    const shown = ["login", "--password", "[redacted]", "--user", "ada", "--pass-token", "[redacted]"];
    expect(shownData({ args }, [])).toEqual({ args: [...shown, "--secret", "--fast"] });
    expect(shownData(["--token=abc", "password", "hunter"], [])).toEqual(["--token=[redacted]", "password", "hunter"]);
  });
});
