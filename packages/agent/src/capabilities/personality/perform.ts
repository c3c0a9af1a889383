/** The capability `personality`, as its worker does it. */
import { AtalayaError, personality, type Command, type RequestOf, type ResultOf } from "@atalaya/protocol";
import type { Scene } from "../../tasks/task.ts";
import { findAccount, loginEnvironment, ownAccount, type Account } from "../exec/account.ts";
import { findTools } from "../exec/tools.ts";
import { runCommand, type CommandEnd } from "../deploy/worker/commands.ts";
import { secretsOf } from "../environment/secrets.ts";
import { variablesOf } from "../environment/variables.ts";
import { forbidsPath, realOf } from "./allow.ts";
import { journalOf } from "./journal.ts";
import { placeAll, recover } from "./place.ts";

type Request = RequestOf<typeof personality>;

export async function performPersonality(raw: unknown, scene: Scene): Promise<ResultOf<typeof personality>> {
  const request = personality.request.parse(raw);
  const { files, command } = request;
  const put = recover(scene.data);
  if (put > 0) scene.warn(`${put} files of a personality that was cut off are put back`);
  const account = await accountOf(request);
  const wanted = files.map((file) => ({ ...file, real: realOf(file.path) }));
  for (const { real } of wanted) {
    const wrong = forbidsPath(scene.policy, real, scene.data);
    if (wrong !== undefined) throw new AtalayaError("run.forbidden-by-policy", wrong);
  }
  scene.signal.throwIfAborted();
  scene.progress({ phase: "placing", done: 0, total: files.length });
  const placed = placeAll(wanted, journalOf(scene.data, scene.run));
  for (const [path, outcome] of placed.outcomes) scene.say(`${outcome.padEnd(9)} ${path}`);
  const result = { files: placed.outcomes.map(([path, outcome]): [string, typeof outcome] => [path, outcome]) };
  if (command === undefined) {
    placed.commit();
    return result;
  }
  scene.progress({ phase: "running", done: 0, total: 0 });
  const end = await run(command, request, account, scene);
  const code = end.exitCode === undefined ? {} : { exitCode: end.exitCode };
  if (end.exitCode === 0) {
    placed.commit();
    return { ...result, ...code };
  }
  placed.undo();
  scene.warn("every file is put back as it was");
  const told = { ...result, ...code, rolledBack: true };
  if (scene.signal.aborted) throw new AtalayaError("run.cancelled", "it was ended", { details: { result: told } });
  throw new AtalayaError("personality.command-failed", `the command ${howItEnded(end)}`, { details: { result: told } });
}

function howItEnded({ exitCode, problem }: CommandEnd): string {
  return problem === undefined ? `ended with ${exitCode}` : `could not run: ${problem}`;
}

async function accountOf({ account }: Request): Promise<Account> {
  const own = ownAccount();
  if (account === undefined || account === own.name) return own;
  const found = await findAccount(account);
  if (found === undefined)
    throw new AtalayaError("run.account-unusable", `there is no account ${account} on this host`);
  if (own.uid !== 0 && found.uid !== own.uid)
    throw new AtalayaError("run.account-unusable", `this agent is not root and cannot run anything as ${account}`);
  return found;
}

async function run(
  command: Command,
  { env = {}, secretEnv = [] }: Request,
  account: Account,
  scene: Scene,
): Promise<CommandEnd> {
  const environment = {
    ...localeOnly(scene.environment),
    ...loginEnvironment(account),
    ...(await variablesOf(scene.data).values()),
    ATALAYA_RUN: scene.run,
    ...env,
    ...secretsOf(secretEnv, scene.environment),
  };
  return runCommand({ command: asAccount(command, account), cwd: "/", environment, signal: scene.signal });
}

function localeOnly(environment: Scene["environment"]): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => /^(LANG|LANGUAGE|TZ|LC_[A-Z]+)$/.test(name)),
  );
}

function asAccount(command: Command, account: Account): Command {
  if (account.uid === process.getuid?.()) return command;
  const { setpriv } = findTools();
  if (setpriv === undefined) throw new AtalayaError("run.account-unusable", "this host has no setpriv (util-linux)");
  const words = command.kind === "shell" ? ["/bin/sh", "-c", command.script] : [command.program, ...command.args];
  const become = [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--init-groups", "--"];
  return { kind: "program", program: setpriv, args: [...become, ...words] };
}
