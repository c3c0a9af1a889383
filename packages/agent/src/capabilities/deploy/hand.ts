/**
 * The *hand*: what the agent, usually root, gives a deployment's worker, which is the account and nothing more. They
 * share no path, because the agent's folder is closed to accounts: the worker gets descriptors that the agent's side
 * opened before it changed to the account.
 *
 *   7  a folder, the agent's: `plan.json`, and each blob under its digest once it is whole
 *   8  the agent's runtime, to be executed
 *   9  a file, the agent's, to append to: what the worker says, a JSON object a line
 *
 * What the worker says is the account's word: it is parsed by a schema, has a limit, and allows nothing by itself. Both
 * ends outlive each other: an agent that comes back reads all that was said, a worker waits for a blob that is not there.
 */
import { deploy, fileOutcomes, Progress, Sha256Hex, type RequestOf } from "@atalaya/protocol";
import { z } from "zod";
import { join } from "node:path";
import { saidLines } from "../../platform/said-lines.ts";
import { SHELL } from "../exec/wrapper.ts";
import type { RunFiles } from "../../spool/layout.ts";

export type DeployRequest = RequestOf<typeof deploy>;

export const FOLDER = 7;
const RUNTIME = 8;
export const SPEECH = 9;

export interface HandFiles {
  readonly folder: string;
  readonly plan: string;
  readonly speech: string;
  blob(sha256: string): string;
  /** Not whole yet. */
  part(sha256: string): string;
  /** Why a blob will never come. */
  refusal(sha256: string): string;
}

export function handFiles({ folder }: Pick<RunFiles, "folder">): HandFiles {
  return within(join(folder, "hand"), join(folder, "speech"));
}

/** As the worker sees it. */
export function heldFiles(): HandFiles {
  return within(`/proc/self/fd/${FOLDER}`, "");
}

function within(folder: string, speech: string): HandFiles {
  return {
    folder,
    plan: join(folder, "plan.json"),
    speech,
    blob: (sha256) => join(folder, sha256),
    part: (sha256) => join(folder, `${sha256}.part`),
    refusal: (sha256) => join(folder, `${sha256}.refused`),
  };
}

/** The stage between the wrapper and the account. Runs with the agent's rights; no text of a user's is in it. */
const OPEN = `exec ${FOLDER}<"$1" ${RUNTIME}<"$2" ${SPEECH}>>"$3" || exit 75; shift 3; exec "$@"`;

export function openHand({ folder, speech }: HandFiles, runtime: string): readonly string[] {
  return [SHELL, "-c", OPEN, "atalaya-hand", folder, runtime, speech];
}

export const RUNTIME_PATH = `/proc/self/fd/${RUNTIME}`;

/** What the worker is told. */
export const Plan = z.object({
  request: deploy.request,
  account: z.object({ name: z.string(), home: z.string() }),
  /** From the policy: absolute folders, links resolved; absent: anywhere. */
  folders: z.array(z.string()).optional(),
  /** From the policy: the longest that each command may take. */
  commandMs: z.int().optional(),
});
export type Plan = z.output<typeof Plan>;

export const Refusal = z.object({ code: z.string(), message: z.string() });

const Outcomes = z.enum(fileOutcomes);
/** One line of the worker's. */
export const Speech = z.discriminatedUnion("say", [
  /** These blobs are needed, in this order. */
  z.object({ say: z.literal("want"), blobs: z.array(Sha256Hex).max(100_000) }),
  /** This one is not needed any more. */
  z.object({ say: z.literal("done"), blob: Sha256Hex }),
  z.object({ say: z.literal("progress"), ...Progress.shape }),
  /** A service file stands in the account's folder of MarcoPolo services. */
  z.object({ say: z.literal("service"), id: z.string().max(64), file: z.string().max(4096) }),
  z.object({ say: z.literal("report"), result: deploy.result }),
  z.object({ say: z.literal("failed"), code: z.string().max(64), message: z.string().max(4096) }),
]);
export type Speech = z.output<typeof Speech>;
export type Outcome = z.output<typeof Outcomes>;

/** What a worker may say in all; who says more is not listened to any longer. */
export const MAX_SPEECH_BYTES = 8 * 1024 * 1024;

/** The whole lines of a text, and how many characters they took. Lines that are none of ours are skipped. */
export function readSpeech(text: string): { readonly said: readonly Speech[]; readonly taken: number } {
  return saidLines(text, (line) => Speech.parse(line));
}
