/**
 * How a run's command is ended: because somebody asked, or over a limit. Everybody of it gets TERM, and after the grace
 * KILL; why is durable before, so that an agent that comes after this one calls the end the same.
 */
import { isWrapper } from "../capabilities/exec/processes.ts";
import type { BootClock } from "../platform/boot-clock.ts";
import { readIfThere, readJsonIfThere, writeDurably } from "../platform/durable-file.ts";
import type { Log } from "../platform/log.ts";
import type { RunFiles } from "../spool/layout.ts";
import { readClaim, Stop, type AcceptedRun, type Started } from "../spool/records.ts";
import type { Crew } from "./crew.ts";

export interface StoppingNeeds {
  readonly accepted: AcceptedRun;
  readonly files: RunFiles;
  readonly crew: Crew;
  readonly boot: BootClock;
  readonly log: Log;
  readonly graceMs: number;
  readonly sameBoot: boolean;
  started(): Started | undefined;
  /** Asks for another step. */
  poke(): void;
  /** It got TERM: what holds it back should not, so that it can say goodbye. */
  asked(): Promise<void>;
}

export interface Stopping {
  readonly stop: Stop | undefined;
  /** What another process of the agent began. */
  resume(): Promise<void>;
  /** At the next step. */
  ask(cause: Stop["cause"]): void;
  /** Does what was asked for, if the command is there by now. Part of each step. */
  act(): Promise<void>;
  send(cause: Stop["cause"]): Promise<void>;
  /** The command has begun. */
  armTimeLimit(): void;
  /** The command is over; whether all that was of it is, too. */
  emptied(): Promise<boolean>;
  /** From here on its process id may be another's. */
  over(): void;
  close(): void;
}

const MAX_TIMER_MS = 2_000_000_000;
const LEAST_LOOK_MS = 20;
const MOST_LOOK_MS = 1_000;

export function createStopping(needs: StoppingNeeds): Stopping {
  const { accepted, files, crew, boot, log, graceMs } = needs;
  let stop: Stop | undefined;
  let cause: Stop["cause"] | undefined;
  let sent = false;
  let lookMs = LEAST_LOOK_MS;
  let ended = false;
  let limitTimer: NodeJS.Timeout | undefined;
  let killTimer: NodeJS.Timeout | undefined;

  /** Nobody is signalled by the session's number unless the wrapper waits for it: it could be another's. */
  async function signal(name: "SIGTERM" | "SIGKILL"): Promise<void> {
    const started = needs.started();
    if (started === undefined) return;
    const claim = readClaim((await readIfThere(files.claim)) ?? "");
    const waited = claim.by === "wrapper" && isWrapper(claim.pid, files.folder);
    if (!waited || (await readIfThere(files.status))?.trim() !== "") return;
    await crew.signal(started.pid, name, true);
  }

  async function send(because: Stop["cause"]): Promise<void> {
    if (stop === undefined) {
      stop = { cause: because, uptimeMs: boot.uptimeMs() };
      await writeDurably(files.stop, JSON.stringify(stop));
      log.info("run.stopping", { run: accepted.run, cause: because });
    }
    // Its session may not be there yet; `act` comes back here when it is.
    cause = stop.cause;
    if (sent || needs.started() === undefined) return;
    sent = true;
    if (stop.cause === "output-limit") return signal("SIGKILL");
    await signal("SIGTERM");
    await needs.asked();
    const waitMs = Math.max(0, stop.uptimeMs + graceMs - boot.uptimeMs());
    killTimer = setTimeout(() => void signal("SIGKILL"), Math.min(waitMs, MAX_TIMER_MS));
  }

  function armTimeLimit(): void {
    const limit = accepted.timeLimitMs;
    const started = needs.started();
    if (limit === undefined || started === undefined || ended) return;
    const leftMs = started.uptimeMs + limit - boot.uptimeMs();
    clearTimeout(limitTimer);
    // Looked at again when it fires: timers are shorter than limits can be, and stand still while the machine sleeps.
    limitTimer = setTimeout(leftMs > 0 ? armTimeLimit : askTimeLimit, Math.max(0, Math.min(leftMs, MAX_TIMER_MS)));
  }

  function askTimeLimit(): void {
    cause ??= "time-limit";
    needs.poke();
  }

  return {
    get stop() {
      return stop;
    },
    async resume() {
      stop = await readJsonIfThere(files.stop, Stop);
      cause = stop?.cause;
    },
    ask(because) {
      cause ??= because;
      needs.poke();
    },
    async act() {
      if (cause !== undefined) await send(cause);
    },
    send,
    armTimeLimit,
    /**
     * Who ignores TERM and is not the first process outlives that one's status: it gets KILL when its time is over, as
     * the first would have.
     */
    async emptied() {
      const started = needs.started();
      if (stop === undefined || started === undefined || !needs.sameBoot) return true;
      // Who was away while the session may have ended and its number come round takes only those that name the run.
      const members = await crew.members(started.pid, sent);
      // Its first process has been waited for: one with that number is another's, and so is then the session.
      if (members.length === 0 || members.includes(started.pid)) return true;
      const leftMs = stop.cause === "output-limit" ? 0 : stop.uptimeMs + graceMs - boot.uptimeMs();
      if (leftMs > 0) {
        clearTimeout(killTimer);
        killTimer = setTimeout(needs.poke, Math.min(leftMs, lookMs));
        lookMs = Math.min(2 * lookMs, MOST_LOOK_MS);
        return false;
      }
      log.info("run.leftovers-killed", { run: accepted.run, processes: members.length });
      await crew.kill(started.pid, sent);
      return true;
    },
    over() {
      clearTimeout(killTimer);
    },
    close() {
      ended = true;
      clearTimeout(limitTimer);
      clearTimeout(killTimer);
    },
  };
}
