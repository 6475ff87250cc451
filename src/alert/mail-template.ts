/**
 * Templates: Liquid texts that replace the subject, the text or the HTML of mails. They know the names of MailView, and
 * `incident` and `receiver` (template-names.ts); in the HTML every value is escaped unless a template says `| raw`.
 *
 * A template never costs a mail: what is broken, slow or too long gives the built-in part and a word about it.
 * It reads no files, sees no prototypes, and is bounded in time and size.
 */
import type { Liquid as Engine, Template } from "liquidjs";
import { EventStoreError } from "../errors.ts";
import { loadLiquid } from "./mail-driver.ts";
import { oneLine } from "./safe-text.ts";
import { unknownNames } from "./template-names.ts";

export type MailPart = "subject" | "text" | "html";
export type TemplateTexts = { readonly [part in MailPart]?: string };

/** A rendered part, or why there is none. */
export type Rendered = { readonly text: string } | { readonly trouble: string };

/** What is wrong with one, by its place in the configuration. */
export interface TemplateTrouble {
  readonly path: string;
  readonly message: string;
}

/** What a broken template costs. */
export const BUILT_IN_FORM = "mails go out in the built-in form";
const MAX_TEMPLATE = 200_000;
const RENDER_MS = 250;
const MAX_OBJECTS = 2_000_000;

export class MailTemplates {
  readonly #texts: TemplateTexts;
  readonly #timezone: string;
  readonly #parsed = new Map<MailPart, Promise<{ engine: Engine; template: Template[] }>>();

  constructor(texts: TemplateTexts, timezone: string) {
    this.#texts = texts;
    this.#timezone = timezone;
  }

  /** All templates that cannot be parsed, or the package that is missing for it. Never rejects. */
  async troubles(): Promise<readonly TemplateTrouble[]> {
    const found: TemplateTrouble[] = [];
    for (const part of this.#parts()) {
      try {
        await this.#parse(part);
      } catch (error) {
        if (error instanceof EventStoreError) return [{ path: "templates", message: error.message }];
        found.push({ path: `templates.${part}`, message: reason(error) });
      }
    }
    return found;
  }

  /** Names nobody knows in those that can be parsed; nothing stands in their place. Never rejects. */
  async doubts(): Promise<readonly TemplateTrouble[]> {
    const found: TemplateTrouble[] = [];
    for (const part of this.#parts()) {
      const parsed = await this.#parse(part).catch(() => undefined);
      const paths = parsed?.engine.globalVariableSegmentsSync(parsed.template) ?? [];
      for (const message of unknownNames(paths)) found.push({ path: `templates.${part}`, message });
    }
    return found;
  }

  /** @throws EventStoreError `EVT_INVALID_OPTION` that names all troubles */
  async check(): Promise<void> {
    const found = await this.troubles();
    if (found.length === 0) return;
    const words = found.map(({ path, message }) => `${path}: ${message}`).join("; ");
    throw new EventStoreError("EVT_INVALID_OPTION", `${words}; ${BUILT_IN_FORM}`);
  }

  /** True where a template replaces the part. */
  has(part: MailPart): boolean {
    return this.#texts[part] !== undefined;
  }

  /** Undefined where no template replaces the part. Never rejects. */
  async render(part: MailPart, values: object): Promise<Rendered | undefined> {
    if (!this.has(part)) return undefined;
    try {
      const { engine, template } = await this.#parse(part);
      const text = await engine.render(template, values, { renderLimit: RENDER_MS, memoryLimit: MAX_OBJECTS });
      return { text: String(text) };
    } catch (error) {
      return { trouble: `the template of the ${part} failed: ${reason(error)}` };
    }
  }

  #parts(): MailPart[] {
    return (["subject", "text", "html"] as const).filter((part) => this.has(part));
  }

  #parse(part: MailPart): Promise<{ engine: Engine; template: Template[] }> {
    const known = this.#parsed.get(part) ?? this.#parseNow(part);
    this.#parsed.set(part, known);
    return known;
  }

  async #parseNow(part: MailPart): Promise<{ engine: Engine; template: Template[] }> {
    const { Liquid } = await loadLiquid();
    const engine = new Liquid({
      // An empty set of named templates: nothing is ever looked for on disk.
      templates: {},
      ownPropertyOnly: true,
      strictFilters: true,
      timezoneOffset: this.#timezone,
      parseLimit: MAX_TEMPLATE,
      ...(part === "html" ? { outputEscape: "escape" as const } : {}),
    });
    return { engine, template: engine.parse(this.#texts[part] ?? "") };
  }
}

function reason(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 200);
}
