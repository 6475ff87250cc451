/** `POST /backup` and `GET /backup/status`, in MADSci's words. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { EventStoreError } from "../errors.ts";
import type { Json } from "../event/json.ts";
import type { BackupDesk } from "./backup-desk.ts";
import { bodyBytes, isJsonType, jsonOf, utf8 } from "./body.ts";
import { Failure, invalidRequest } from "./failure.ts";
import type { Rest, Route } from "./route.ts";
import { sendJson } from "./route.ts";

/** What a folder's name may end with; spaces become `_`. */
const LABEL = "^[A-Za-z0-9 _-]{1,64}$";
const DEFAULT_LABEL = "manual_backup";

async function backup({ options }: Rest, request: FastifyRequest, reply: FastifyReply) {
  const { backups, limits } = options;
  if (backups === null) throw new Failure(501, "not-implemented", "This server makes no backups of its store");
  const label = await labelOf(request, limits.bodyBytes);
  const made = await create(backups, label);
  if (made === undefined) throw new Failure(409, "conflict", "Another backup is under way; wait until it has ended");
  return sendJson(reply, JSON.stringify({ backup_path: made.path, status: "completed" }));
}

async function create(backups: BackupDesk, label: string) {
  try {
    return await backups.create(label);
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    throw new Failure(500, "internal", `Failed to create backup: ${error.message}`);
  }
}

/** @throws Failure 422 */
async function labelOf(request: FastifyRequest, limit: number): Promise<string> {
  const bytes = await bodyBytes(request, limit);
  if (bytes === undefined) return DEFAULT_LABEL;
  const text = utf8(bytes);
  const value = isJsonType(request.headers["content-type"]) ? jsonOf(text) : text;
  if (value === null) return DEFAULT_LABEL;
  if (typeof value !== "object" || Array.isArray(value)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    throw invalidRequest([{ type: "model_attributes_type", loc: ["body"], msg, input: value }]);
  }
  const { description = null } = value as Readonly<Record<string, Json>>;
  return description === null || description === "" ? DEFAULT_LABEL : checkedLabel(description);
}

function checkedLabel(description: unknown): string {
  const about = { loc: ["body", "description"], input: description };
  if (typeof description !== "string")
    throw invalidRequest([{ type: "string_type", msg: "Input should be a valid string", ...about }]);
  if (new RegExp(LABEL).test(description)) return description.replaceAll(" ", "_");
  const msg = "String should be 1 to 64 letters, digits, spaces, - and _";
  throw invalidRequest([{ type: "string_pattern_mismatch", msg, ...about, ctx: { pattern: LABEL } }]);
}

async function backupStatus({ options }: Rest, _request: FastifyRequest, reply: FastifyReply) {
  const { backups, backupDir } = options;
  const status = {
    backup_enabled: backups?.enabled ?? false,
    backup_dir: backups?.dir ?? backupDir,
    available_backups: (await backups?.list()) ?? [],
  };
  return sendJson(reply, JSON.stringify(status));
}

const backupSchema = z.object({
  path: z.string(),
  created_at: z.string().describe("Local time without offset"),
  size_bytes: z.int(),
  is_valid: z.boolean().describe("Its documents are those its checksum was made of"),
});

export const BACKUP_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/backup",
    body: "event",
    handle: backup,
    doc: () => ({
      summary: "Make a backup; answers when it is made and looked at",
      tag: "legacy",
      body: {
        schema: z.object({
          description: z
            .string()
            .regex(new RegExp(LABEL))
            .nullable()
            .optional()
            .describe("What it is for; ends its name"),
        }),
        optional: true,
      },
      answer: z.object({ backup_path: z.string(), status: z.literal("completed") }),
      statuses: {
        409: "Another backup is under way",
        500: "It failed; the detail says why",
        501: "The store of this server cannot be backed up",
      },
    }),
  },
  {
    method: "GET",
    path: "/backup/status",
    handle: backupStatus,
    doc: () => ({
      summary: "The backups there are, newest first",
      tag: "legacy",
      answer: z.object({
        backup_enabled: z.boolean(),
        backup_dir: z.string(),
        available_backups: z.array(backupSchema),
      }),
    }),
  },
];
