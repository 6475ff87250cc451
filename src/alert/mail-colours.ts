/** Colours of mails: one per severity or occasion, dark enough for white text, and their like for dark screens. */
import type { Occasion } from "./notification.ts";
import type { Severity } from "./rule.ts";

export interface MailColour {
  /** Class of the tag in the style sheet. */
  readonly name: string;
  readonly strong: string;
  readonly soft: string;
}

const RED = { name: "red", strong: "#b42318", soft: "#fee4e2" };
const ORANGE = { name: "orange", strong: "#c4320a", soft: "#ffead5" };
const AMBER = { name: "amber", strong: "#93580a", soft: "#fef0c7" };
const BLUE = { name: "blue", strong: "#175cd3", soft: "#d1e9ff" };
const GREEN = { name: "green", strong: "#067647", soft: "#d1fadf" };
const GREY = { name: "grey", strong: "#475467", soft: "#eaecf0" };

const BY_SEVERITY = { info: BLUE, warning: AMBER, error: ORANGE, critical: RED } as const satisfies Record<
  Severity,
  MailColour
>;

export function mailColour({ occasion, severity }: { occasion: Occasion; severity: Severity }): MailColour {
  if (occasion === "resolved") return GREEN;
  if (occasion === "test") return BLUE;
  return occasion === "digest" ? GREY : BY_SEVERITY[severity];
}

const DARK = {
  page: "background-color:#0c111d!important",
  card: "background-color:#161b26!important;border-color:#333741!important",
  well: "background-color:#1f242f!important",
  ink: "color:#f5f5f6!important",
  text: "color:#cecfd2!important",
  dim: "color:#94969c!important",
  rule: "border-color:#333741!important",
  line: "background-color:#333741!important",
  button: "border-color:#494f5c!important",
  red: "color:#fda29b!important;background-color:#55160c!important",
  orange: "color:#fdb77a!important;background-color:#511c10!important",
  amber: "color:#fec84b!important;background-color:#4e1d09!important",
  blue: "color:#84caff!important;background-color:#102a56!important",
  green: "color:#75e0a7!important;background-color:#053321!important",
  grey: "color:#cecfd2!important;background-color:#333741!important",
};

export const STYLE_SHEET = `:root{color-scheme:light dark}@media (prefers-color-scheme:dark){${Object.entries(DARK)
  .map(([name, look]) => `.${name}{${look}}`)
  .join("")}}`;
