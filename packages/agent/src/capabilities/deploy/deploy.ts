/** The capability `deploy`: files of an account, and commands around them. The work is done by a worker that is the account. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { AtalayaError, deploy } from "@atalaya/protocol";
import type { Handler, Terms } from "../../runs/handler.ts";
import { firstLine, type Launchpad } from "../../runs/launchpad.ts";
import type { Policy } from "../../policy/policy.ts";
import type { RunFiles } from "../../spool/layout.ts";
import type { ExecRequest } from "../exec/launch-plan.ts";
import { handFiles, openHand, RUNTIME_PATH, type DeployRequest, type Plan } from "./hand.ts";
import { outcomeOf } from "./outcome.ts";
import { WORKER } from "./word.ts";
import { attendDeployment, type Supply } from "./attend.ts";

export interface DeployNeeds extends Supply {
  readonly launchpad: Launchpad;
  /** The agent's own program: its worker is that program under another word. */
  readonly program: string;
  /** The runtime that executes it. */
  readonly runtime: string;
}

export function deployHandler(needs: DeployNeeds): Handler {
  const { launchpad, program, runtime } = needs;
  // Sources import each other by path; a bundle is one text, which an account need not be able to find.
  const isSource = program.endsWith(".ts");
  const args = isSource ? [program, WORKER] : ["--input-type=module", "-", WORKER];

  function termsOf(request: DeployRequest): Terms {
    const { outputLimitBytes, graceMs } = request;
    return {
      outputLimitBytes,
      graceMs,
      outcomeOf: (remains) => outcomeOf(request, remains),
      attend: (run) => attendDeployment(request, run, needs),
    };
  }

  return {
    capability: deploy.name,
    read: (text) => termsOf(parseDeploy(text)),
    async prepare({ run, text, secrets }, files) {
      const request = parseDeploy(text);
      const hand = handFiles(files);
      const { account, mapped, outputLimitBytes, timeLimitMs, graceMs, secretEnv } = request;
      const worker: ExecRequest = {
        command: { kind: "program", program: RUNTIME_PATH, args },
        cwd: "/",
        graceMs,
        ...(isSource ? {} : { stdin: { kind: "text", text: "" } }),
        ...(account === undefined ? {} : { account }),
        ...(mapped === undefined ? {} : { mapped }),
        ...(outputLimitBytes === undefined ? {} : { outputLimitBytes }),
        ...(secretEnv === undefined ? {} : { secretEnv }),
      };
      const commands = commandsOf(request);
      const cleared = await launchpad.clear(
        {
          run,
          capability: deploy.name,
          request: worker,
          secrets,
          before: openHand(hand, runtime),
          commands: commands.length > 0 || request.tomcat?.restart === true,
        },
        files,
      );
      if (commands.some(({ kind }) => kind === "shell") && !cleared.rules.exec.shell)
        throw new AtalayaError("run.forbidden-by-policy", "the policy of this host does not allow a shell");
      const { name, home } = cleared.account;
      const plan: Plan = { request, account: { name, home }, ...limitsOf(cleared.rules, commands.length > 0) };
      return {
        terms: termsOf(request),
        timeLimitMs,
        async launch() {
          await handOver(files, plan);
          return cleared.launch((path) => symlink(program, path));
        },
      };
    },
  };
}

async function handOver(files: RunFiles, plan: Plan): Promise<void> {
  const hand = handFiles(files);
  await mkdir(hand.folder, { mode: 0o755 });
  await writeFile(hand.plan, JSON.stringify(plan), { mode: 0o644 });
  await writeFile(hand.speech, "", { mode: 0o600 });
}

function commandsOf({ check, command, health }: DeployRequest) {
  return [check, command, health?.command].filter((one) => one !== undefined);
}

/** The worker minds these. An account that stops it from minding could do the same without it. */
function limitsOf(rules: Policy, commands: boolean): Pick<Plan, "folders" | "commandMs"> {
  const most = rules.exec["max-seconds"];
  const folders = [rules.deploy.folders, commands ? rules.exec["working-directories"] : undefined];
  const allowed = folders.filter((list) => list !== undefined);
  const [first, second] = allowed;
  return {
    ...(most === undefined ? {} : { commandMs: most * 1000 }),
    ...(first === undefined ? {} : { folders: second === undefined ? first : both(first, second) }),
  };
}

/** Folders that are in one of each list. */
function both(one: readonly string[], other: readonly string[]): string[] {
  const below = (path: string, folder: string): boolean => `${path}/`.startsWith(`${folder.replace(/\/$/, "")}/`);
  return [
    ...one.filter((path) => other.some((folder) => below(path, folder))),
    ...other.filter((path) => one.some((folder) => below(path, folder))),
  ];
}

function parseDeploy(text: string): DeployRequest {
  try {
    return deploy.request.parse(JSON.parse(text));
  } catch (cause) {
    throw new AtalayaError("request.malformed", `the request of deploy cannot be read: ${firstLine(cause)}`, { cause });
  }
}
