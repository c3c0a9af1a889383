/** The capability `exec`: one program, once. */
import { lchown } from "node:fs/promises";
import { AtalayaError, exec } from "@atalaya/protocol";
import type { Handler, Terms } from "../../runs/handler.ts";
import { firstLine, type Launchpad } from "../../runs/launchpad.ts";
import { outcomeOf } from "./ending.ts";
import { secretOf, type ExecRequest } from "./launch-plan.ts";

export interface ExecNeeds {
  readonly launchpad: Launchpad;
  /** Writes a blob this run may read into a file. Throws `blob.*`. */
  fetchBlob(sha256: string, run: string, into: string): Promise<void>;
}

export function execHandler({ launchpad, fetchBlob }: ExecNeeds): Handler {
  return {
    capability: exec.name,
    read: (text) => termsOf(parseExec(text)),
    async prepare({ run, text, secrets }, files) {
      const request = parseExec(text);
      const flight = { run, capability: exec.name, request, secrets, commands: true };
      const cleared = await launchpad.clear(flight, files);
      const input = stdinOf(request, secrets);
      const { stdin } = request;
      return {
        terms: termsOf(request),
        timeLimitMs: cleared.timeLimitMs,
        launch: () =>
          cleared.launch(
            stdin?.kind !== "blob"
              ? (input ?? "")
              : async (path) => {
                  await fetchBlob(stdin.sha256, run, path);
                  // So that it may open its /dev/stdin anew.
                  await lchown(path, cleared.account.uid, cleared.account.gid);
                },
          ),
      };
    },
  };
}

function termsOf(request: ExecRequest): Terms {
  const { outputLimitBytes, graceMs } = request;
  return { outputLimitBytes, graceMs, outcomeOf: (remains) => outcomeOf(request, remains) };
}

function parseExec(text: string): ExecRequest {
  try {
    return exec.request.parse(JSON.parse(text));
  } catch (cause) {
    throw new AtalayaError("request.malformed", `the request of exec cannot be read: ${firstLine(cause)}`, { cause });
  }
}

function stdinOf({ stdin }: ExecRequest, secrets: Readonly<Record<string, string>>): string | undefined {
  if (stdin?.kind === "text") return stdin.text;
  if (stdin?.kind === "secret") return secretOf(stdin.name, secrets);
  return undefined;
}
