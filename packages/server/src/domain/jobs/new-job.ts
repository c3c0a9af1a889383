/** What a caller asks for, checked before anything is kept. */
import { AtalayaError, environmentName, MAX_CONTROL_FRAME_BYTES, type Capability } from "@atalaya/protocol";
import { z } from "zod";
import { issuesOf } from "../../api/malformed.ts";
import { Note } from "../../api/schemas.ts";
import { Policy } from "./policy.ts";

const YEAR_MS = 31_536_000_000;

export const SecretValues = z.record(environmentName, z.string().max(131_072));

export const NewJob = z
  .strictObject({
    selector: z.string().max(16_384).describe("Which hosts, as of now: the set is frozen."),
    capability: z.string().min(1).max(64),
    request: z.unknown().describe("As the capability wants it."),
    secrets: SecretValues.optional().describe(
      "Values by name. Kept sealed until the job has finished, shown to nobody.",
    ),
    policy: Policy.optional(),
    deadlineMs: z.int().min(1).max(YEAR_MS).optional().describe("Runs that have not begun after so long expire."),
    confirm: z.int().min(0).optional().describe("The number of hosts you expect."),
    note: Note.optional(),
  })
  .meta({ id: "NewJob", description: "One capability, one request, a set of hosts." });
export type NewJob = z.output<typeof NewJob>;

export const RetryJob = z
  .strictObject({
    secrets: SecretValues.optional(),
    confirm: z.int().min(0).optional(),
    note: Note.optional(),
  })
  .meta({ id: "RetryJob", description: "The same again, on the hosts whose runs did not succeed." });
export type RetryJob = z.output<typeof RetryJob>;

/** The request as its capability reads it; throws `capability.unknown`, `request.malformed`. */
export function readRequest(capability: Capability | undefined, name: string, request: unknown): unknown {
  if (capability === undefined) throw new AtalayaError("capability.unknown", `There is no capability ${name}.`);
  const parsed = capability.request.safeParse(request);
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error, "request");
  const first = issues[0];
  throw new AtalayaError(
    "request.malformed",
    `The request does not fit ${name}: ${first?.path ?? ""}: ${first?.message ?? ""}`,
    {
      details: { issues },
    },
  );
}

/** Throws `request.malformed` when the request names secrets whose values were not given. */
export function checkSecrets(named: readonly string[], given: Readonly<Record<string, string>> | undefined): void {
  const missing = [...new Set(named)].filter((name) => given === undefined || !Object.hasOwn(given, name));
  if (missing.length === 0) return;
  const issues = missing.map((name) => ({
    in: "body",
    path: `secrets.${name}`,
    message: "is named by the request and was not given",
  }));
  throw new AtalayaError("request.malformed", `The request names secrets without values: ${missing.join(", ")}.`, {
    details: { issues },
    next: "A secret is not kept after its job: give its value with each new one (--secret NAME).",
  });
}

/** What a start carries beside the request and its secrets: ids, and a ticket with the longest path there can be. */
const REST_OF_START_BYTES = 16 * 1024;

/**
 * Throws `request.too-large` when the start of such a run fits into no frame. No agent could ever read it: links would
 * break on it, come back and break again. The request's JSON stands in the frame's, so quotes and newlines count twice.
 */
export function checkFits(request: string, secrets: Readonly<Record<string, string>> | undefined): void {
  const bytes = Buffer.byteLength(JSON.stringify([request, secrets ?? {}]));
  const most = MAX_CONTROL_FRAME_BYTES - REST_OF_START_BYTES;
  if (bytes <= most) return;
  throw new AtalayaError(
    "request.too-large",
    `The request and its secrets take ${bytes} bytes on the way to a host, where ${most} fit.`,
    { next: "Give a large standard input as a blob: it may have any size." },
  );
}
