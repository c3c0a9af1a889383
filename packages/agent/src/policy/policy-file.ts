import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
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

/** Undefined when there is no such file. Throws when somebody else could have written it. */
async function stampOf(path: string): Promise<string | undefined> {
  let file;
  try {
    file = await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw untrusted(path, "cannot be read", error);
  }
  for (const [name, { uid, mode }] of [
    [path, file],
    [dirname(path), await stat(dirname(path))],
  ] as const) {
    if (uid !== 0 && uid !== process.getuid?.()) throw untrusted(name, `belongs to uid ${uid}, not to root`);
    if ((mode & 0o022) !== 0) throw untrusted(name, "can be written by others than its owner");
  }
  return `${path} ${file.ino} ${file.mtimeMs} ${file.size}`;
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
