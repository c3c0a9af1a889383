/**
 * Words. A *run* is one job on this host. It is *accepted* when it is durably in the spool, *finished* when its result
 * is, and leaves the spool when the server has *settled* it. An *outlet* is the link of the moment.
 */
import { AtalayaError, type ResumeEntry, type SpoolEntry, type Start } from "@atalaya/protocol";
import { capOf } from "../capabilities/exec/pump.ts";
import type { Cgroups } from "../capabilities/exec/cgroups.ts";
import type { PumpProgram } from "../capabilities/exec/pump-program.ts";
import type { BootClock } from "../platform/boot-clock.ts";
import { failureOf, type Log } from "../platform/log.ts";
import type { AcceptedRun } from "../spool/records.ts";
import type { Spool } from "../spool/spool.ts";
import { admitStart, type TicketGround } from "../tickets/tickets.ts";
import type { Handler, Prepared, Terms } from "./handler.ts";
import type { Outlet } from "./outlet.ts";
import { adopted } from "./restore.ts";
import { createRun, type Run } from "./run.ts";

export interface RunsNeeds {
  readonly spool: Spool;
  /** The table of what this agent can do. */
  readonly handlers: readonly Handler[];
  readonly boot: BootClock;
  readonly log: Log;
  readonly pump: () => Promise<PumpProgram>;
  readonly groups: Cgroups | undefined;
  now(): number;
  /** Output of one run that may wait here before its command has to. */
  readonly highWaterBytes: number;
}

export interface Runs {
  /** Takes up what the spool holds. Before the first link. */
  restore(): Promise<void>;
  /** For the hello. */
  entries(): readonly SpoolEntry[];
  /** The link is welcomed; `told` is what its hello said. */
  up(outlet: Outlet, told: readonly SpoolEntry[], resume: readonly ResumeEntry[]): Promise<void>;
  down(): void;
  start(start: Start, ground: TicketGround): Promise<void>;
  cancel(run: string): void;
  settled(runs: readonly string[]): Promise<void>;
  committed(through: readonly (readonly [handle: number, sequence: number])[]): void;
  /** There is room on the link again. */
  room(): void;
  /** Lets go of everything; commands go on. */
  close(): Promise<void>;
}

interface Starting {
  handle: number;
  cancelled: boolean;
}

export function createRuns(needs: RunsNeeds): Runs {
  const { spool, boot, log } = needs;
  const handlers = new Map(needs.handlers.map((handler) => [handler.capability, handler]));
  const runs = new Map<string, Run>();
  const starting = new Map<string, Starting>();
  /** Accepted before, certainly never begun: told in the next hello, then gone. */
  const unstarted = new Set<string>();
  const byHandle = new Map<number, Run>();
  let outlet: Outlet | undefined;

  /** Settled, and not yet in the journal: until they are, the disk may be full. */
  const leaving = new Set<string>();
  const mostBytes = needs.highWaterBytes;

  function handlerOf(capability: string): Handler {
    const handler = handlers.get(capability);
    if (handler !== undefined) return handler;
    throw new AtalayaError("capability.unknown", `this agent does not know the capability ${capability}`);
  }

  const create = (accepted: AcceptedRun, terms: Terms): Run =>
    createRun({
      accepted,
      terms,
      files: spool.files(accepted.run),
      boot,
      log,
      pump: needs.pump,
      ...(needs.groups === undefined ? {} : { group: needs.groups.of(accepted.run) }),
      capBytes: capOf(mostBytes, terms.outputLimitBytes),
      // Many chatty commands together must not fill the disk, either.
      highWaterBytes: () => Math.min(mostBytes, spool.share(runs.size)),
    });

  async function restoreOne(accepted: AcceptedRun): Promise<void> {
    const verdict = await adopted(accepted, spool, boot);
    log.info("run.found", { run: accepted.run, verdict });
    if (verdict === "unstarted") {
      unstarted.add(accepted.run);
      return;
    }
    const run = create(accepted, await handlerOf(accepted.capability).read(accepted.request));
    if (verdict === "rebooted") await run.end("lost", "run.rebooted", "the machine restarted while the command ran");
    if (verdict === "vanished") {
      await run.end(
        "lost",
        "run.vanished",
        "the process that waited for the command is gone: how the command ended cannot be known",
      );
    }
    runs.set(accepted.run, run);
    await run.follow();
  }

  function attach(run: Run, to: Outlet, handle: number, through: number, told: SpoolEntry["phase"] | undefined): void {
    byHandle.set(handle, run);
    run.attach(to, handle, through, told);
  }

  function refuse(to: Outlet, run: string, error: unknown): void {
    const { code, message } =
      error instanceof AtalayaError ? error : new AtalayaError("run.cannot-start", failureOf(error).message);
    log.warn("run.refused", { run, code, message });
    to.send({
      type: "result",
      run,
      state: "refused",
      reason: { code, message: message.slice(0, 4096) },
      lastSequence: 0,
    });
  }

  async function forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const run = runs.get(id);
      leaving.add(id);
      runs.delete(id);
      for (const [handle, known] of byHandle) if (known === run) byHandle.delete(handle);
      await run?.close();
    }
    // With those that could not be forgotten the last time.
    const all = [...leaving];
    if (all.length === 0) return;
    await spool.forget(all);
    for (const id of all) {
      leaving.delete(id);
      await needs.groups?.remove(id);
    }
  }

  async function accept(
    start: Start,
    user: string,
  ): Promise<{ readonly prepared: Prepared; readonly accepted: AcceptedRun }> {
    if (spool.forgotten(start.run) || leaving.has(start.run))
      throw new AtalayaError("run.already-known", "this run was here before and is settled");
    const handler = handlerOf(start.capability);
    const wish = { run: start.run, text: start.request, secrets: start.secrets ?? {} };
    const prepared = await handler.prepare(wish, spool.files(start.run));
    const used = [...runs.values()].reduce((sum, run) => sum + run.bytes, 0);
    if (await spool.full(runs.size + starting.size, used)) {
      throw new AtalayaError(
        "run.spool-full",
        "the agent's spool is full: the server has to take output and results first",
      );
    }
    const accepted: AcceptedRun = {
      run: start.run,
      capability: start.capability,
      request: start.request,
      user,
      acceptedAt: needs.now(),
      bootId: boot.bootId,
      ...(prepared.timeLimitMs === undefined ? {} : { timeLimitMs: prepared.timeLimitMs }),
    };
    await spool.accept(accepted);
    log.info("run.accepted", { run: start.run, user, capability: start.capability });
    return { prepared, accepted };
  }

  async function launch(run: Run, prepared: Prepared, pending: Starting): Promise<void> {
    const settleUnstarted = async (state: "failed" | "cancelled", error?: AtalayaError): Promise<void> => {
      await spool.claim(run.id);
      await run.end(state, error?.code, error?.message ?? "");
      await run.follow();
    };
    if (pending.cancelled) return settleUnstarted("cancelled");
    try {
      const { exited } = await prepared.launch();
      await run.follow(exited);
    } catch (error) {
      const failure =
        error instanceof AtalayaError
          ? error
          : new AtalayaError("run.cannot-start", failureOf(error).message, { cause: error });
      await settleUnstarted("failed", failure);
    }
  }

  return {
    async restore() {
      const { accepted, damaged } = await spool.list();
      for (const run of damaged) log.error("run.damaged", { run });
      for (const one of accepted) {
        // One spoiled folder must not keep the agent from its other work, and its command not begin again.
        await restoreOne(one).catch(async (error: unknown) => {
          log.error("run.not-restored", { run: one.run, ...failureOf(error) });
          await runs.get(one.run)?.close();
          runs.delete(one.run);
          await spool.setAside(one.run).catch(() => undefined);
        });
      }
      await needs.groups?.sweep(new Set(runs.keys()));
    },
    entries: () => [
      ...[...runs.values()].map((run) => run.entry()),
      ...[...unstarted].map((run) => ({ run, phase: "unstarted" as const, lastSequence: 0 })),
    ],
    async up(next, told, resume) {
      outlet = next;
      const phases = new Map(told.map(({ run, phase }) => [run, phase]));
      const gone: string[] = [];
      for (const { run: id, handle, through, verdict } of resume) {
        const run = runs.get(id);
        if (run === undefined) {
          if (unstarted.has(id) && verdict === "cancel")
            next.send({ type: "result", run: id, state: "cancelled", lastSequence: 0 });
        } else if (verdict === "settled" || verdict === "unknown") gone.push(id);
        else {
          attach(run, next, handle, through, phases.get(id));
          if (verdict === "cancel") run.cancel();
        }
      }
      const disowned = told.filter(({ phase, run }) => phase === "unstarted" && unstarted.delete(run));
      await Promise.all(disowned.map(({ run }) => spool.disown(run)));
      await forget(gone);
    },
    down() {
      outlet = undefined;
      byHandle.clear();
      for (const run of runs.values()) run.detach();
    },
    async start(start, ground) {
      const to = outlet;
      if (to === undefined) return;
      const known = runs.get(start.run);
      const underWay = starting.get(start.run);
      if (underWay !== undefined) underWay.handle = start.handle;
      if (known !== undefined) attach(known, to, start.handle, 0, undefined);
      if (known !== undefined || underWay !== undefined) return;
      const pending: Starting = { handle: start.handle, cancelled: false };
      starting.set(start.run, pending);
      try {
        const { user } = admitStart(start, ground);
        const { prepared, accepted } = await accept(start, user);
        const run = create(accepted, prepared.terms);
        runs.set(start.run, run);
        // The link may be another one by now; its hello did not know this run, so the server asks again.
        if (outlet === to) attach(run, to, pending.handle, 0, undefined);
        await launch(run, prepared, pending);
      } catch (error) {
        if (outlet === to) refuse(to, start.run, error);
      } finally {
        starting.delete(start.run);
      }
    },
    cancel(id) {
      const pending = starting.get(id);
      if (pending !== undefined) pending.cancelled = true;
      runs.get(id)?.cancel();
    },
    settled: (ids) => forget(ids.filter((id) => runs.has(id))),
    committed(through) {
      for (const [handle, sequence] of through) byHandle.get(handle)?.committed(sequence);
    },
    room() {
      for (const run of byHandle.values()) run.poke();
    },
    async close() {
      outlet = undefined;
      await Promise.all([...runs.values()].map((run) => run.close()));
      await needs.groups?.close();
    },
  };
}
