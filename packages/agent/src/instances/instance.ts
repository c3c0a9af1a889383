/** One instance's life: started, watched, started again, stopped. What it knows stands in its folder, so that the agent's next process knows it too. */
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError, type ServiceSpec, type ServiceState, type ServiceStatus } from "@atalaya/protocol";
import { isWrapper } from "../capabilities/exec/processes.ts";
import { watchFolder } from "../capabilities/exec/watch.ts";
import { isMissing, readIfThere, readJsonIfThere, writeDurably } from "../platform/durable-file.ts";
import { failureOf, type Log } from "../platform/log.ts";
import { pause } from "../platform/pause.ts";
import { nextStart } from "./backoff.ts";
import { readBegun, readExit, StoredSpec, Wish, type Begun, type InstanceFiles } from "./files.ts";
import type { Cleared, MinderWish } from "./minder.ts";
import { boundLog, lastLines } from "./log-file.ts";
import { isAlive, killLeftovers, signalSession } from "./session.ts";

export interface InstanceNeeds {
  readonly name: string;
  readonly files: InstanceFiles;
  readonly bootId: string;
  readonly log: Log;
  readonly now: () => number;
  /** Everything looked up and allowed. Throws why it may not or cannot be started. */
  clear(spec: ServiceSpec): Promise<Cleared>;
  startMinder(wish: MinderWish): Promise<{ readonly gone: Promise<void> }>;
  changed(): void;
}

export interface Instance {
  readonly name: string;
  status(): ServiceStatus;
  spec(): ServiceSpec;
  /** Finds what an earlier agent left: adopts it, or starts it when it should run. */
  adopt(): Promise<void>;
  define(spec: ServiceSpec): Promise<void>;
  /** Resolves when it has run for a moment. Throws `service.failed` when it has not. */
  start(): Promise<void>;
  /** Resolves when nothing of it runs. */
  stop(): Promise<void>;
  enable(autostart: boolean): Promise<void>;
  lines(count: number): string;
  /** Stopped, and gone from the disk. */
  remove(): Promise<void>;
  /** The agent goes; the program stays. */
  close(): Promise<void>;
}

/** What has run so long counts as started. */
const PROOF_MS = 500;
const BEGIN_MS = 10_000;
const LOOK_MS = 50;
/** So long a minder may take to write how its program ended; it is milliseconds where the machine is not busy. */
const LAST_WORD_MS = 10_000;

export function createInstance(needs: InstanceNeeds): Instance {
  const { name, files, log } = needs;
  let spec: ServiceSpec;
  let wish: Wish = { running: false, attempt: 0, bootId: needs.bootId, restarts: 0, failures: 0 };
  let begun: (Begun & { readonly at: number }) | undefined;
  let state = "stopped" as ServiceState;
  let since = needs.now();
  let exitCode: number | undefined;
  let reason: string | undefined;
  let watcher: { close(): void } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  /** Deeds and ends come one after another. */
  let last: Promise<unknown> = Promise.resolve();
  let looking = false;
  let again = false;
  const waiting = new Set<() => void>();

  const inTurn = <Value>(deed: () => Promise<Value>): Promise<Value> => {
    const turn = last.then(deed, deed);
    last = turn.catch(() => undefined);
    return turn;
  };

  function become(next: ServiceState): void {
    if (state !== next) since = needs.now();
    state = next;
    needs.changed();
    for (const told of waiting) told();
  }

  async function keep(change: Partial<Wish>): Promise<void> {
    wish = { ...wish, ...change };
    await writeDurably(files.wish, JSON.stringify(wish));
  }

  const alive = (): boolean => begun !== undefined && isAlive(begun);

  async function launch(): Promise<void> {
    clearTimeout(timer);
    await sweepOld();
    const cleared = await needs.clear(spec);
    exitCode = undefined;
    reason = undefined;
    begun = undefined;
    await keep({ running: true, attempt: wish.attempt + 1, bootId: needs.bootId });
    become("starting");
    const { attempt } = wish;
    const { gone } = await needs.startMinder({ ...cleared, files, attempt, logBytes: spec.logBytes });
    watch();
    void gone.then(async () => {
      await look();
      // It could not even claim the start.
      if (state === "starting" && wish.attempt === attempt && begun === undefined) over(undefined);
    });
    await look();
  }

  function watch(): void {
    watcher ??= watchFolder(files.folder, () => void look());
  }

  /** Whatever happened in the folder: reads it anew. */
  async function look(): Promise<void> {
    if (closed || (state !== "starting" && state !== "running" && state !== "stopping")) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    again = false;
    try {
      const { attempt } = wish;
      if (begun === undefined) {
        const found = readBegun((await readIfThere(files.process(attempt))) ?? "");
        if (found !== undefined) begun = { ...found, at: (await stat(files.process(attempt))).mtimeMs };
        if (found !== undefined && state === "starting") become("running");
      }
      const ended = readExit((await readIfThere(files.exit(attempt))) ?? "");
      if (ended !== undefined) return over(ended);
      if (begun !== undefined && !alive()) {
        const code = await lastWord(attempt);
        // Otherwise the next agent finds it out, and starts it again.
        if (!closed && wish.attempt === attempt) over(code);
      }
    } catch (error) {
      if (!isMissing(error)) log.error("instance.not-looked-at", { name, ...failureOf(error) });
    } finally {
      looking = false;
    }
    if (again) await look();
  }

  /** How it ended, once its minder has written it; undefined: that was killed, and nobody knows. */
  async function lastWord(attempt: number): Promise<number | undefined> {
    const end = performance.now() + LAST_WORD_MS;
    const minder = Number((await readIfThere(files.claim(attempt))) ?? "");
    for (;;) {
      // Asked first: a minder that is gone has written what it had to write. Its number may be another's by now.
      const mayStillSay = !closed && isWrapper(minder, files.claim(attempt)) && performance.now() < end;
      await pause(LOOK_MS);
      const code = readExit((await readIfThere(files.exit(attempt))) ?? "");
      if (code !== undefined || !mayStillSay) return code;
    }
  }

  function over(code: number | undefined): void {
    exitCode = code;
    const ranMs = begun === undefined ? 0 : Math.max(0, needs.now() - begun.at);
    const { pid } = begun ?? {};
    begun = undefined;
    watcher?.close();
    watcher = undefined;
    log.info("instance.ended", { name, exitCode: code, ranMs });
    // Its keeper is gone, and had not seen the last of it.
    try {
      boundLog(files, spec.logBytes);
    } catch (error) {
      log.warn("instance.log-not-bounded", { name, ...failureOf(error) });
    }
    if (state === "stopping" || !wish.running) return become("stopped");
    const next = nextStart(spec, { exitCode: code, ranMs, failures: wish.failures });
    if (next === undefined) {
      become(code === 0 ? "stopped" : "failed");
      void inTurn(async () => {
        if (pid !== undefined) await killLeftovers(name, pid);
        await keep({ running: false });
      });
      return;
    }
    become("waiting");
    timer = setTimeout(() => {
      void inTurn(async () => {
        if (closed || state !== "waiting") return;
        if (pid !== undefined) await killLeftovers(name, pid);
        await keep({ restarts: wish.restarts + 1, failures: next.failures });
        await launch();
      }).catch((error: unknown) => fail(error));
    }, next.waitMs);
  }

  function fail(error: unknown): void {
    const { code, message } = failureOf(error);
    reason = message;
    log.error("instance.not-started", { name, code, message });
    become("failed");
  }

  async function stopNow(): Promise<void> {
    clearTimeout(timer);
    await keep({ running: false, failures: 0 });
    if (state === "starting" || state === "running") {
      become("stopping");
      const ended = (): boolean => state !== "stopping";
      await untilBegun();
      const target = begun;
      if (target !== undefined && alive()) {
        await signalSession(target.pid, "SIGTERM");
        await until(ended, spec.stopMs);
        if (!ended() && alive()) await signalSession(target.pid, "SIGKILL");
      }
      await until(ended, BEGIN_MS);
      if (target !== undefined) await killLeftovers(name, target.pid);
      if (!ended()) throw new AtalayaError("service.failed", `${name} does not end`);
    } else become("stopped");
  }

  async function untilBegun(): Promise<void> {
    const end = performance.now() + BEGIN_MS;
    while (begun === undefined && state === "stopping" && performance.now() < end) {
      await look();
      await pause(LOOK_MS);
    }
  }

  /** Until that holds, or the time is over. */
  async function until(holds: () => boolean, ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (!holds() && performance.now() < end) {
      let told = (): void => undefined;
      await new Promise<void>((resolve) => {
        told = resolve;
        waiting.add(resolve);
        setTimeout(resolve, Math.min(LOOK_MS, Math.max(1, end - performance.now())));
      });
      waiting.delete(told);
      await look();
    }
  }

  async function proven(): Promise<void> {
    const { attempt } = wish;
    await until(() => state !== "starting", BEGIN_MS);
    const ended = (): boolean => state !== "running" || wish.attempt !== attempt;
    await until(ended, PROOF_MS);
    // It is no more, and its minder is about to say how it ended.
    if (!ended() && !alive()) await until(ended, LAST_WORD_MS);
    if (state === "running") return;
    if (exitCode === 0 && spec.restart !== "always") return;
    const code = exitCode === undefined ? "" : ` with ${exitCode}`;
    const said = lastLines(files, 1).trim().slice(0, 500);
    const why = (await readIfThere(files.obstacle))?.trim().split("\n").at(-1) ?? "";
    const obstacle = {
      missing: `there is no program ${spec.program}`,
      denied: `it may not execute ${spec.program}`,
      cwd: "it cannot change to its folder",
    }[why];
    throw new AtalayaError(
      "service.failed",
      `${name} ended${code} as soon as it was started: ${obstacle ?? (said === "" ? "it said nothing" : said)}`,
    );
  }

  async function startNow(): Promise<void> {
    // It is no more, and only its minder's last word is awaited.
    if (state === "running" && !alive()) await until(() => state !== "running", LAST_WORD_MS);
    if (state === "running" || state === "starting") return;
    await keep({ running: true, restarts: 0, failures: 0 });
    try {
      await launch();
    } catch (error) {
      fail(error);
      throw error;
    }
    await proven();
  }

  async function sweepOld(): Promise<void> {
    for (const entry of await readdir(files.folder)) {
      if (/^(claim|process|exit)-\d+(\.new)?$/.test(entry)) await rm(join(files.folder, entry), { force: true });
    }
  }

  return {
    name,
    spec: () => spec,
    status: () => ({
      name,
      manager: "instance",
      state,
      enabled: spec.autostart,
      since,
      restarts: wish.restarts,
      ...describe(spec.description ?? reason),
      ...(begun === undefined ? {} : { pid: begun.pid }),
      ...(exitCode === undefined ? {} : { exitCode }),
    }),
    adopt: () =>
      inTurn(async () => {
        spec = StoredSpec.parse(JSON.parse((await readIfThere(files.spec)) ?? "null"));
        wish = (await readJsonIfThere(files.wish, Wish)) ?? wish;
        if (wish.bootId !== needs.bootId) {
          // With the machine, everything began anew.
          await keep({ running: spec.autostart, bootId: needs.bootId, failures: 0, restarts: 0 });
          if (spec.autostart) await launch().catch(fail);
          return;
        }
        if (!wish.running && wish.attempt === 0) return;
        const unclaimed = await writeFile(files.claim(wish.attempt), "agent\n", { flag: "wx" }).then(
          () => true,
          () => false,
        );
        if (unclaimed) {
          // Nothing was started, and nothing of that attempt will be.
          if (wish.running) await launch().catch(fail);
          return;
        }
        state = wish.running ? "starting" : "stopping";
        watch();
        await untilSettled();
      }),
    async define(next) {
      await inTurn(async () => {
        await mkdir(files.folder, { recursive: true, mode: 0o700 });
        await writeDurably(files.spec, JSON.stringify(next));
        spec = next;
        needs.changed();
      });
    },
    start: () => inTurn(startNow),
    stop: () => inTurn(stopNow),
    enable: (autostart) =>
      inTurn(async () => {
        const next = { ...spec, autostart };
        await writeDurably(files.spec, JSON.stringify(next));
        spec = next;
        needs.changed();
      }),
    lines: (count) => lastLines(files, count),
    remove: () =>
      inTurn(async () => {
        await stopNow();
        closed = true;
        await rm(files.folder, { recursive: true, force: true });
        needs.changed();
      }),
    async close() {
      closed = true;
      clearTimeout(timer);
      watcher?.close();
      await last;
    },
  };

  /** What an earlier agent's minder has begun, or will have in a moment; a claim without anything is a start cut off. */
  async function untilSettled(): Promise<void> {
    for (let round = 0; round < 40; round += 1) {
      await look();
      if (begun !== undefined || (state !== "starting" && state !== "stopping")) break;
      await pause(LOOK_MS);
    }
    if (begun === undefined && (state === "starting" || state === "stopping")) over(undefined);
    else if (state === "stopping" && begun !== undefined) await stopNowAdopted();
    log.info("instance.adopted", { name, state, pid: begun?.pid });
  }

  async function stopNowAdopted(): Promise<void> {
    state = "running";
    await stopNow();
  }

  function describe(text: string | undefined): { description?: string } {
    return text === undefined ? {} : { description: text.slice(0, 512) };
  }
}
