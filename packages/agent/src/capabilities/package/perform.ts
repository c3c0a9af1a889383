/** The capability `package`, as its worker does it. */
import { AtalayaError, packages, type RequestOf, type WantedPackage } from "@atalaya/protocol";
import type { Scene } from "../../tasks/task.ts";
import { changesOf } from "./changes.ts";
import { waitForLocks } from "./lock.ts";
import { bareName, type Manager, type Step, type Wanted } from "./manager.ts";
import { findManager } from "./managers.ts";
import { fileOf } from "./source.ts";
import { capture, runStep } from "./steps.ts";

type Request = RequestOf<typeof packages>;

const MOST_ATTEMPTS = 20;

export async function performPackage(raw: unknown, scene: Scene): Promise<unknown> {
  const request = packages.request.parse(raw);
  const { prefix, names } = request;
  const manager = findManager(request.manager, { ask: capture, ...(prefix === undefined ? {} : { prefix }) });
  for (const one of names) {
    const wrong = manager.wrong(strip(one));
    if (wrong !== undefined) throw new AtalayaError("request.malformed", wrong);
  }
  if (request.action === "list") return list(manager, names);
  if (manager.needsRoot && process.getuid?.() !== 0)
    throw new AtalayaError(
      "privileges.missing",
      `only root changes the packages of ${manager.kind}, and this agent is not`,
    );
  return change(manager, request, scene);
}

async function list(manager: Manager, names: readonly WantedPackage[]): Promise<unknown> {
  const all = await manager.list();
  const wanted = new Set(names.map(({ name }) => name));
  return { manager: manager.kind, packages: wanted.size === 0 ? all : all.filter(({ name }) => wanted.has(name)) };
}

async function change(manager: Manager, request: Request, scene: Scene): Promise<unknown> {
  const { action, names, refresh, purge, lockWaitMs } = request;
  if (action === "list") throw new Error("a list changes nothing");
  scene.progress({ phase: "checking", done: 0, total: 0 });
  const wanted = await Promise.all(names.map((one) => wantedOf(one, manager, scene)));
  const until = performance.now() + lockWaitMs;
  const free = async (): Promise<number> => {
    const ms = Math.max(0, until - performance.now());
    await waitForLocks(manager.locks, { ms, signal: scene.signal, say: (text) => scene.say(text) });
    return Math.max(1_000, until - performance.now());
  };
  if (refresh) for (const step of manager.refresh(await free())) await perform(step, manager, scene);
  const left = await free();
  const before = await manager.list();
  const steps = await manager.plan({ action, names: wanted, purge, lockWaitMs: left }, before);
  const tell = async (): Promise<{ manager: string; changes: ReturnType<typeof changesOf> }> => ({
    manager: manager.kind,
    changes: changesOf(
      before,
      await manager.list(),
      names.map(({ name }) => name),
    ),
  });
  try {
    for (const step of steps) await patiently(step, manager, scene, free);
  } catch (error) {
    if (!(error instanceof AtalayaError)) throw error;
    throw new AtalayaError(error.code, error.message, { cause: error, details: { result: await tell() } });
  }
  const result = await tell();
  for (const { name, outcome, before: was, after: is } of result.changes)
    scene.say(`${outcome.padEnd(9)} ${name}${versions(was, is)}`);
  return result;
}

/** Somebody else may have been faster between our look at the locks and the manager's own. */
async function patiently(step: Step, manager: Manager, scene: Scene, free: () => Promise<number>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await perform(step, manager, scene);
    } catch (error) {
      if (!(error instanceof AtalayaError) || error.code !== "package.locked" || attempt >= MOST_ATTEMPTS) throw error;
      await free();
    }
  }
}

function versions(was: string | undefined, is: string | undefined): string {
  if (was === is || was === undefined || is === undefined) return ` ${is ?? was ?? "(not here)"}`;
  return ` ${was} → ${is}`;
}

async function perform(step: Step, manager: Manager, scene: Scene): Promise<void> {
  scene.signal.throwIfAborted();
  const { exitCode, output, cancelled } = await runStep(step, {
    folder: scene.folder,
    environment: scene.environment,
    signal: scene.signal,
    print: (stream, text) => {
      // npm begins and ends with an empty line.
      const lines = text.replace(/^\n+/, "").trimEnd();
      if (lines === "") return;
      for (const line of lines.split("\n")) (stream === 1 ? scene.say : scene.warn)(line);
    },
    report: ({ percent }) => {
      if (percent !== undefined) scene.progress({ phase: "running", done: Math.round(percent), total: 100 });
    },
  });
  if (exitCode !== 0 && !cancelled) {
    const { code, message } = manager.problemOf(output, exitCode);
    throw new AtalayaError(code, message);
  }
  scene.signal.throwIfAborted();
}

async function wantedOf(one: WantedPackage, manager: Manager, scene: Scene): Promise<Wanted> {
  if (one.source === undefined) return strip(one);
  if (manager.kind === "apk") throw new AtalayaError("package.unsupported", "apk installs from its repositories only");
  const file = await fileOf(one.source, manager.kind, scene);
  const name = await manager.nameOf(file);
  if (name !== bareName(one.name))
    throw new AtalayaError(
      "package.source",
      name === undefined
        ? `the file of ${one.name} is no package of ${manager.kind}`
        : `the file is of ${name}, not of ${one.name}`,
    );
  return { ...strip(one), file };
}

const strip = ({ name, version }: WantedPackage): Wanted => ({ name, ...(version === undefined ? {} : { version }) });
