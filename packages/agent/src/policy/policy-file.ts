import type { Stats } from "node:fs";
import { lstat, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { isMissing } from "../platform/durable-file.ts";
import { openPolicy, parsePolicy, type Policy } from "./policy.ts";

/** Reads anew when the file changed. Throws while it cannot be trusted or understood: a broken policy allows nothing. */
export interface PolicyFile {
  current(): Promise<Policy>;
}

export const POLICY_PATH = "/etc/atalaya/policy.toml";

/** The host's own file comes before the one in the agent's folder. */
export function policyFile(data: string, hostPath: string = POLICY_PATH): PolicyFile {
  let known: { readonly stamp: string; readonly policy: Policy } | undefined;
  return {
    async current() {
      for (const path of [hostPath, join(data, "policy.toml")]) {
        const stamp = await stampOf(path);
        if (stamp === undefined) continue;
        if (known?.stamp !== stamp) known = { stamp, policy: await readPolicy(path) };
        return known.policy;
      }
      return openPolicy;
    },
  };
}

/**
 * Undefined when there is no such file. Throws when somebody else could have written it, or put another in its place.
 * A link that leads nowhere is a policy that somebody wanted: it must not open what the policy closes.
 */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw untrusted(path, "cannot be read", error);
  }
  const real = await realpath(path).catch((error: unknown) => {
    throw untrusted(path, "leads to nothing that can be read", error);
  });
  const file = await stat(real);
  if (!file.isFile()) throw untrusted(path, "is not a file");
  checkOwner(real, file);
  for (const folder of new Set([...foldersAbove(resolve(path)), ...foldersAbove(real)])) {
    checkOwner(folder, await stat(folder));
  }
  return `${real} ${file.ino} ${file.mtimeMs} ${file.size}`;
}

/** In a sticky folder, as `/tmp` is, nobody can move what is not his. */
const STICKY = 0o1000;

function checkOwner(path: string, { uid, mode }: Stats): void {
  if (uid !== 0 && uid !== process.getuid?.()) throw untrusted(path, `belongs to uid ${uid}, not to root`);
  if ((mode & 0o022) !== 0 && (mode & STICKY) === 0) throw untrusted(path, "can be written by others than its owner");
}

function* foldersAbove(path: string): Generator<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    yield folder;
    if (folder === dirname(folder)) return;
  }
}

async function readPolicy(path: string): Promise<Policy> {
  const { parse } = await import("smol-toml");
  const text = await readFile(path, "utf8");
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw untrusted(path, `is not TOML: ${cause instanceof Error ? cause.message.split("\n")[0] : ""}`, cause);
  }
  return parsePolicy(document, path);
}

function untrusted(path: string, sentence: string, cause?: unknown): AtalayaError {
  return new AtalayaError("settings.wrong", `the policy ${path} ${sentence}`, { cause });
}
