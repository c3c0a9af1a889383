/** A capability whose runs are tasks, as the machinery of runs wants it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError, type Capability } from "@atalaya/protocol";
import type { ExecRequest } from "../capabilities/exec/launch-plan.ts";
import type { Log } from "../platform/log.ts";
import type { Policy } from "../policy/policy.ts";
import type { Handler, Terms } from "../runs/handler.ts";
import { firstLine, type Launchpad } from "../runs/launchpad.ts";
import { attendTask } from "./attend.ts";
import { handFiles, handFolder, type Plan } from "./hand.ts";
import { outcomeOf } from "./outcome.ts";
import { blobName, TASK_WORKER } from "./task.ts";

export interface TaskNeeds {
  readonly launchpad: Launchpad;
  readonly log: Log;
  readonly data: string;
  /** The agent's own program, and the runtime that executes it. */
  readonly program: string;
  readonly runtime: string;
  /** Writes a blob this run may read into a file. Throws `blob.*`. */
  fetchBlob(sha256: string, run: string, into: string): Promise<void>;
}

export interface TaskKind {
  readonly contract: Capability;
  /** The sentence that says what the policy forbids. */
  forbids(policy: Policy, request: never): Promise<string | undefined> | string | undefined;
  /** What stays of the time after TERM: a package manager is not killed in the middle. Absent: 5 s. */
  readonly graceMs?: number;
  /** Answers the worker. */
  answer?(question: unknown, policy: Policy): Promise<unknown>;
}

/** What requests of tasks may say beside their own words. */
interface Common {
  readonly timeLimitMs?: number;
  readonly graceMs?: number;
  readonly secretEnv?: string[];
}

export function taskHandler(kind: TaskKind, needs: TaskNeeds): Handler {
  const { contract, graceMs: ownGraceMs = 5_000 } = kind;
  const { launchpad, program, runtime, data, log } = needs;

  function parse(text: string): Common {
    try {
      return contract.request.parse(JSON.parse(text)) as Common;
    } catch (cause) {
      const message = `the request of ${contract.name} cannot be read: ${firstLine(cause)}`;
      throw new AtalayaError("request.malformed", message, { cause });
    }
  }

  function termsOf({ graceMs = ownGraceMs }: Common): Terms {
    return {
      outputLimitBytes: undefined,
      graceMs,
      outcomeOf,
      attend: (run) =>
        attendTask(
          run,
          log,
          kind.answer === undefined
            ? undefined
            : async (question) => kind.answer!(question, await launchpad.rules(contract.name)),
        ),
    };
  }

  return {
    capability: contract.name,
    read: (text) => termsOf(parse(text)),
    async prepare({ run, text, secrets }, files) {
      const request = parse(text);
      const folder = handFolder(files.folder);
      const { timeLimitMs, secretEnv, graceMs = ownGraceMs } = request;
      const worker: ExecRequest = {
        command: { kind: "program", program: runtime, args: [program, TASK_WORKER, folder] },
        cwd: "/",
        graceMs,
        ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
        ...(secretEnv === undefined ? {} : { secretEnv }),
      };
      const flight = { run, capability: contract.name, request: worker, secrets, commands: false, own: true };
      const cleared = await launchpad.clear(flight, files);
      const forbidden = await kind.forbids(cleared.rules, request as never);
      if (forbidden !== undefined) throw new AtalayaError("run.forbidden-by-policy", forbidden);
      const plan: Plan = { capability: contract.name, request, run, data, policy: cleared.rules };
      return {
        terms: termsOf(request),
        timeLimitMs,
        async launch() {
          await mkdir(folder, { mode: 0o700 });
          for (const sha256 of contract.blobs?.(request) ?? [])
            await needs.fetchBlob(sha256, run, join(folder, blobName(sha256)));
          await writeFile(handFiles(folder).plan, JSON.stringify(plan), { mode: 0o600 });
          return cleared.launch("");
        },
      };
    },
  };
}
