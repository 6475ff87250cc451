/** HTML of strangers' texts: what is escaped here can be the content of an element or of a quoted attribute. */

const ENTITY: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Also safe in old mail programs that take a backtick for a quote. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ENTITY[character] ?? "");
}
