/** A task that no run asks for: whoever may ask for its job asks at the agent's own API. Its worker outlives nobody's wish, but the agent. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError, isFailureCode } from "@atalaya/protocol";
import { loginEnvironment, ownAccount } from "../capabilities/exec/account.ts";
import { watchFolder } from "../capabilities/exec/watch.ts";
import type { Log } from "../platform/log.ts";
import type { Policy } from "../policy/policy.ts";
import { allowsCapability } from "../policy/policy.ts";
import { firstLine } from "../runs/launchpad.ts";
import { attendTask } from "./attend.ts";
import { handFiles, handFolder, readSpeech, type Plan } from "./hand.ts";
import type { TaskKind } from "./handler.ts";
import { TASK_WORKER } from "./task.ts";

export interface DirectNeeds {
  readonly data: string;
  readonly program: string;
  readonly runtime: string;
  readonly log: Log;
  readonly kinds: readonly TaskKind[];
}

export interface DirectWish {
  readonly capability: string;
  /** Not parsed yet. */
  readonly request: unknown;
  readonly policy: Policy;
  readonly user: string;
}

const DAY_MS = 24 * 3_600_000;

/** Resolves with the capability's result, unparsed. Throws what the policy, the request or the worker refuses. */
export function directTasks({ data, program, runtime, log, kinds }: DirectNeeds) {
  return async ({ capability, request: raw, policy, user }: DirectWish): Promise<unknown> => {
    const kind = kinds.find(({ contract }) => contract.name === capability)!;
    const request = parsed(kind, raw);
    if (!allowsCapability(policy, capability))
      throw new AtalayaError("run.forbidden-by-policy", `the policy of this host does not allow ${capability}`);
    const forbidden = await kind.forbids(policy, request as never);
    if (forbidden !== undefined) throw new AtalayaError("run.forbidden-by-policy", forbidden);

    const id = `api-${randomUUID()}`;
    await sweep(join(data, "tasks"));
    const folder = join(data, "tasks", id);
    const hand = handFolder(folder);
    await mkdir(hand, { recursive: true, mode: 0o700 });
    const plan: Plan = { capability, request, run: id, data, policy };
    await writeFile(handFiles(hand).plan, JSON.stringify(plan), { mode: 0o600 });
    const attendant = attendTask(
      { id, files: { folder } as never, outlet: () => undefined },
      log,
      kind.answer === undefined ? undefined : (question) => kind.answer!(question, policy),
    );
    const watcher = watchFolder(folder, () => attendant.look());
    log.info("task.begun", { task: id, capability, user });
    try {
      const code = await spawned([program, TASK_WORKER, hand], runtime, folder);
      return await endOf(folder, code);
    } finally {
      watcher.close();
      await attendant.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function parsed({ contract }: TaskKind, raw: unknown): unknown {
  const request = contract.request.safeParse(raw);
  if (request.success) return request.data;
  throw new AtalayaError(
    "request.malformed",
    `the request of ${contract.name} cannot be read: ${firstLine(request.error)}`,
  );
}

async function spawned(args: readonly string[], runtime: string, folder: string): Promise<number> {
  const { spawn } = await import("node:child_process");
  await using output = await open(join(folder, "output"), "a", 0o600);
  const child = spawn(runtime, args, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
    env: { ...loginEnvironment(ownAccount()), LC_ALL: "C.UTF-8" },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 137));
  });
}

async function endOf(folder: string, code: number): Promise<unknown> {
  const { said } = readSpeech(await readFile(handFiles(handFolder(folder)).speech, "utf8").catch(() => ""));
  const last = said.findLast(({ say }) => say === "result" || say === "failed");
  if (last?.say === "result") return last.result;
  if (last?.say === "failed")
    throw new AtalayaError(isFailureCode(last.code) ? last.code : "capability.failed", last.message);
  throw new AtalayaError("capability.failed", `the worker ended with ${code} and did not say why`);
}

/** What an agent that was killed could not remove. */
async function sweep(all: string): Promise<void> {
  for (const name of await readdir(all).catch(() => [])) {
    const { mtimeMs } = await stat(join(all, name)).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > DAY_MS) await rm(join(all, name), { recursive: true, force: true });
  }
}
