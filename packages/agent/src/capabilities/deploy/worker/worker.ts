/**
 * A deployment's worker: the agent's program under another word, as the account that the files are for. It makes all
 * ready, changes everything in one go, runs the commands, and says how it went. Being nobody but the account, it can do
 * nothing that the account could not.
 */
import { existsSync } from "node:fs";
import { AtalayaError } from "@atalaya/protocol";
import { config } from "zod";
import { afterwards, type Scene } from "./afterwards.ts";
import { runCommand } from "./commands.ts";
import { checkAllowed, folderOf, makeFolder } from "./folder.ts";
import { gather, type Found } from "./gather.ts";
import { takeHold, type Hold } from "./hold.ts";
import { ownerOf } from "./ownership.ts";
import { placeAll, removeFolders, type Placed } from "./place.ts";
import { codeOf, howItEnded, line, tell, tellRestored, type Draft } from "./report.ts";
import { restore } from "./restore.ts";
import { stageService } from "./service.ts";
import { createStaging, type Staging } from "./staging.ts";
import { openState, stateFolder, sweep, type State } from "./state.ts";
import { findTomcat } from "./tomcat.ts";
import { openTree } from "./tree.ts";

/** Returns the exit status: 0 when all that was asked is done. */
export async function work(inherited: NodeJS.ProcessEnv): Promise<number> {
  config({ jitless: true });
  process.title = "atalaya-deploy";
  const hold = takeHold();
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort(new AtalayaError("run.cancelled", "the deployment was ended")));
  const report: Draft = { counts: {} };
  try {
    await perform(hold, inherited, report, stop.signal);
    hold.say({ say: "report", result: report });
    return 0;
  } catch (error) {
    const failure = error instanceof AtalayaError ? error : undefined;
    const message = failure?.message ?? (error instanceof Error ? error.message : String(error));
    line(2, message);
    hold.say({ say: "report", result: report });
    hold.say({ say: "failed", code: failure?.code ?? "deploy.failed", message: message.slice(0, 4000) });
    return 1;
  }
}

interface Ground extends Omit<Scene, "folder"> {
  readonly state: State;
  readonly staging: Staging;
  readonly trees: DisposableStack;
}

async function perform(hold: Hold, inherited: NodeJS.ProcessEnv, report: Draft, signal: AbortSignal): Promise<void> {
  const { request, account, folders } = hold.plan;
  const uid = process.getuid!();
  const owner =
    request.owner === undefined
      ? undefined
      : ownerOf(request.owner, { uid, gid: process.getgid!(), groups: process.getgroups!() });
  const environment = { ...inherited, ...request.env, ATALAYA_DEPLOYMENT: request.deployment };
  const tomcat = request.tomcat === undefined ? undefined : findTomcat(account, uid, environment);
  const wanted = tomcat?.webapps ?? folderOf(request.into, account.home);
  checkAllowed(wanted, folders);
  if (request.check !== undefined) await check(hold, report, environment, signal);

  using trees = new DisposableStack();
  const all = stateFolder(account.home, uid);
  sweep(all, request.deployment);
  const state = openState(all, request.deployment);
  const staging = createStaging(state, account.name);
  let placed: Placed | undefined;
  try {
    const ground: Ground = { hold, report, signal, state, staging, trees, environment, tomcat };
    if (request.rollback === undefined) {
      const folder = makeFolder(wanted, account, staging.madeFolder);
      checkAllowed(folder, folders);
      report.folder = folder;
      const tree = trees.use(openTree(folder));
      const found = await gather({ request, tree, owner, staging, hold, signal });
      if (request.marcopolo !== undefined) await stageService(hold, staging, trees);
      placed = put(ground, found);
      await afterwards({ ...ground, folder }, placed);
    } else {
      placed = await rollBack(ground, all, wanted, uid);
      // What a rollback empties is gone: its commands run where the account is at home then.
      const folder = report.folder !== undefined && existsSync(report.folder) ? report.folder : account.home;
      await afterwards({ ...ground, folder }, placed);
    }
  } finally {
    staging.discard();
    if (placed === undefined) removeFolders(staging.folders);
    state.tidy();
  }
}

async function check(hold: Hold, report: Draft, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const { request, account, commandMs } = hold.plan;
  hold.say({ say: "progress", phase: "checking", done: 0, total: 0 });
  const limit = commandMs === undefined ? {} : { timeoutMs: commandMs };
  const end = await runCommand({ command: request.check!, cwd: account.home, environment, signal, ...limit });
  report.check = codeOf(end);
  signal.throwIfAborted();
  if (end.exitCode !== 0)
    throw new AtalayaError("deploy.check-failed", `the check ${howItEnded(end)}: nothing was changed`);
}

function put({ hold, report, state, staging }: Ground, found: readonly Found[]): Placed {
  const { account } = hold.plan;
  hold.say({ say: "progress", phase: "placing", done: 0, total: staging.steps.length });
  const placed = placeAll(staging, state, account.name);
  tell(hold, report, found, placed);
  return placed;
}

async function rollBack(ground: Ground, all: string, wanted: string, uid: number): Promise<Placed> {
  const { hold, report, staging, state, trees, signal } = ground;
  const { rollback } = hold.plan.request;
  const undone = openState(all, rollback!.deployment);
  const journal = undone.journal();
  if (journal === undefined)
    throw new AtalayaError(
      "deploy.nothing-kept",
      "this host keeps nothing of that deployment: it did nothing here, or ten newer ones came since",
    );
  const warn = (sentence: string): void => line(2, sentence);
  hold.say({ say: "progress", phase: "placing", done: 0, total: journal.entries.length });
  const files = await restore({ journal, state: undone, staging, force: rollback!.force, uid, signal, trees, warn });
  const placed = placeAll(staging, state, hold.plan.account.name);
  removeFolders(journal.folders);
  report.folder = wanted;
  tellRestored(report, files);
  return placed;
}
