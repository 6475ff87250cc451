/**
 * `/docs`: the OpenAPI document as a page (Swagger UI), from files on disk only, read when somebody asks.
 *
 * The files are those of the optional package `@fastify/swagger-ui`; its plugin is not used, because it would cost every
 * start the time that only a reader of the page should pay.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Failure } from "./failure.ts";
import { idOf, type Rest, type Route, sendJson } from "./route.ts";

const ASSETS: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};
const INIT_SCRIPT = "init.js";

/** The page stands at `…/docs`, so its relative links start at the mount point. */
function pageText(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/${INIT_SCRIPT}"></script>
</body>
</html>
`;
}

const INIT_TEXT = `SwaggerUIBundle({ url: "openapi.json", dom_id: "#page", validatorUrl: null });\n`;

function page({ options }: Rest, _request: FastifyRequest, reply: FastifyReply) {
  if (!options.docs) throw new Failure(404, "not-found", "Not Found");
  return reply.type("text/html; charset=utf-8").send(pageText(options.managerName));
}

async function asset({ options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const name = idOf(request);
  if (options.docs && name === INIT_SCRIPT) return reply.type("text/javascript; charset=utf-8").send(INIT_TEXT);
  const type = options.docs && Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (type === undefined) throw new Failure(404, "not-found", "Not Found");
  return reply
    .type(type)
    .header("cache-control", "max-age=3600")
    .send(await readFile(join(assetFolder(), name)));
}

function assetFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("@fastify/swagger-ui/package.json")), "static");
  } catch {
    throw new Failure(501, "not-implemented", "The page needs the package @fastify/swagger-ui, which is not installed");
  }
}

function redirect(_rest: Rest, _request: FastifyRequest, reply: FastifyReply) {
  return reply.redirect("docs", 307);
}

function openApi(rest: Rest, _request: FastifyRequest, reply: FastifyReply) {
  return sendJson(reply, rest.document());
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const html = { type: "text/html" };

export const DOCS_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/openapi.json",
    handle: openApi,
    doc: () => ({ summary: "This document", tag: "service", answer: z.record(z.string(), z.unknown()) }),
  },
  {
    method: "GET",
    path: "/docs",
    handle: page,
    doc: () => ({ summary: "This document as a page", tag: "service", answer: html }),
  },
  { method: "GET", path: "/docs/*", handle: asset },
  {
    method: "GET",
    path: "/redoc",
    handle: redirect,
    doc: () => ({ summary: "Leads to /docs", tag: "service", answer: html }),
  },
];
