/** Settings that only have MADSci's alert_level and email_alerts do what MADSci does. */
import { describe, expect, it } from "vitest";
import { type CompatEmail, compatPlan, lintCompat } from "../../src/alert/compat-plan.ts";
import { compileMarker } from "../../src/alert/marker.ts";
import { createEvent } from "../../src/event/parse.ts";
import { CONTEXT, refusal } from "./plan-setup.ts";

const EMAIL: CompatEmail = {
  smtp_server: "smtp.example.com",
  smtp_port: 587,
  smtp_username: null,
  smtp_password: null,
  use_tls: true,
  sender: "no-reply@example.com",
  default_importance: "Normal",
  email_addresses: ["a@example.com", "b@example.com"],
};
const plan = (email: Partial<CompatEmail> = {}, level = 40) => compatPlan({ ...EMAIL, ...email }, level, CONTEXT);
const mailOf = (email: Partial<CompatEmail>) => plan(email).channels[0] as { importance: string; smtp: object };

describe("compat plan", () => {
  it("has one rule that fires for the flag or the level, at once, three by three, and is quiet at the end", () => {
    const { mode, rules, receivers, inhibit } = plan();
    expect({ mode, receivers, inhibit }).toEqual({
      mode: "compat",
      receivers: [{ name: "email", channels: ["email"], escalate: [] }],
      inhibit: [],
    });
    expect(rules).toMatchObject([
      { id: "alert-level", groupWaitMs: 0, burst: 3, sendResolved: false, severity: "level", receivers: ["email"] },
    ]);
    const mark = compileMarker(rules);
    expect(mark(createEvent({ log_level: 40 }))).toEqual(["alert-level"]);
    expect(mark(createEvent({ log_level: 10, alert: true }))).toEqual(["alert-level"]);
    expect(mark(createEvent({ log_level: 30 }))).toEqual([]);
    expect(compileMarker(plan({}, 30).rules)(createEvent({ log_level: 30 }))).toEqual(["alert-level"]);
  });

  it("has one channel with the addresses", () => {
    expect(plan().channels).toMatchObject([
      {
        type: "email",
        name: "email",
        to: ["a@example.com", "b@example.com"],
        importance: "Normal",
        smtp: { host: "smtp.example.com", port: 587, tls: "starttls", user: null, password: null, from: EMAIL.sender },
      },
    ]);
  });

  it("encrypts as use_tls and the port say", () => {
    expect(mailOf({ use_tls: true }).smtp).toMatchObject({ tls: "starttls" });
    expect(mailOf({ use_tls: true, smtp_port: 465 }).smtp).toMatchObject({ tls: "implicit" });
    expect(mailOf({ use_tls: false, smtp_port: 25 }).smtp).toMatchObject({ tls: "none" });
  });

  it("checks the server's certificate, unless told not to, with a warning", () => {
    expect(mailOf({}).smtp).toMatchObject({ rejectUnauthorized: true });
    const context = { ...CONTEXT, verifyCertificate: false };
    expect(compatPlan(EMAIL, 40, context).channels).toMatchObject([{ smtp: { rejectUnauthorized: false } }]);
    expect(lintCompat(EMAIL, 40, context)).toMatchObject([
      { path: "email_alerts_verify_certificate", level: "warning" },
    ]);
    expect(lintCompat(EMAIL, 40, CONTEXT)).toEqual([]);
  });

  it("logs in only with both credentials", () => {
    expect(mailOf({ smtp_username: "u", smtp_password: "p" }).smtp).toMatchObject({ user: "u", password: "p" });
    expect(mailOf({ smtp_username: "u" }).smtp).toMatchObject({ user: null, password: null });
    expect(mailOf({ smtp_username: "u", smtp_password: "" }).smtp).toMatchObject({ user: null, password: null });
    const message = "needs smtp_password beside it, and the other way round";
    for (const half of [{ smtp_username: "u" }, { smtp_password: "p" }])
      expect(lintCompat({ ...EMAIL, ...half }, 40, CONTEXT)).toEqual([
        { path: "email_alerts.smtp_username", message, level: "warning" },
      ]);
  });

  it("reads the importance in any case, and an unknown one as Normal with a warning", () => {
    expect(mailOf({ default_importance: "HIGH" }).importance).toBe("High");
    expect(mailOf({ default_importance: "low" }).importance).toBe("Low");
    expect(mailOf({ default_importance: "urgent" }).importance).toBe("Normal");
    expect(lintCompat({ ...EMAIL, default_importance: "urgent" }, 40, CONTEXT)).toEqual([
      {
        path: "email_alerts.default_importance",
        message: "is not High, Normal or Low; mails will be Normal",
        level: "warning",
      },
    ]);
    expect(lintCompat(EMAIL, 40, CONTEXT)).toEqual([]);
  });

  it("warns of an empty list and tells nobody", () => {
    expect(plan({ email_addresses: [] })).toMatchObject({ channels: [], receivers: [], rules: [{ receivers: [] }] });
    expect(lintCompat({ ...EMAIL, email_addresses: [] }, 40, CONTEXT)).toMatchObject([
      { path: "email_alerts.email_addresses", level: "warning" },
    ]);
  });

  it("refuses what no mail can be sent with, naming the setting", () => {
    expect(refusal(() => plan({ email_addresses: ["a@example.com", "b\r\nBcc: c@d.example"] }))).toBe(
      "EVT_INVALID_OPTION email_alerts.email_addresses[1]: must be one line of text without control characters",
    );
    expect(refusal(() => plan({ smtp_server: "smtp://x" }))).toMatch(/^EVT_INVALID_OPTION email_alerts\.smtp_server: /);
    expect(refusal(() => plan({ sender: "a, b" }))).toMatch(/^EVT_INVALID_OPTION email_alerts\.sender: /);
  });

  it("waits for delivery only where that is asked for", () => {
    expect(plan().awaitDeliveryMs).toBeNull();
    expect(compatPlan(EMAIL, 40, { ...CONTEXT, awaitDelivery: true }).awaitDeliveryMs).toBe(5_000);
  });
});
