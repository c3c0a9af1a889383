/** What the machinery of runs asks of a capability. One object for each stands in the table that `agent.ts` makes. */
import type { Ending } from "../spool/records.ts";
import type { RunFiles } from "../spool/layout.ts";
import type { Started, Status, Stop } from "../spool/records.ts";
import type { Wrapper } from "../capabilities/exec/launch.ts";
import type { Outlet } from "./outlet.ts";

export interface Handler {
  readonly capability: string;
  /** Throws `request.malformed`. Asked again for runs that an earlier process of the agent accepted. */
  read(request: string): Terms | Promise<Terms>;
  /** Throws what the run is refused with. */
  prepare(wish: Wish, files: RunFiles): Promise<Prepared>;
}

export interface Wish {
  readonly run: string;
  /** The request's JSON text. */
  readonly text: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What must be known of a request while it runs. */
export interface Terms {
  readonly outputLimitBytes: number | undefined;
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** What its end is called. */
  outcomeOf(remains: Remains): Outcome | Promise<Outcome>;
  /** Absent: nothing is done for it while it runs. */
  attend?(run: AttendedRun): Attendant;
}

/** A request with everything looked up: only doing it remains. */
export interface Prepared {
  readonly terms: Terms;
  readonly timeLimitMs: number | undefined;
  launch(): Promise<Wrapper>;
}

/** What stands in the folder of a run whose command has ended. */
export interface Remains {
  readonly files: RunFiles;
  readonly status: Status;
  readonly started: (Started & { readonly at: number }) | undefined;
  readonly obstacle: string;
  /** The first line on stderr of a command that never began: what `prlimit`, `setpriv` and their like complain of. */
  readonly complaint?: string;
  readonly stop: Stop | undefined;
  readonly droppedBytes: number;
  readonly timeLimitMs: number | undefined;
  /** Whether the kernel killed it for want of memory; never known without a control group. */
  readonly starved?: boolean;
}

export type Outcome = Pick<Ending, "state" | "reason" | "result">;

export interface AttendedRun {
  readonly id: string;
  readonly files: RunFiles;
  /** The link of the moment, once the server knows of the run there. */
  outlet(): Outlet | undefined;
}

/** What the agent does for a run beside watching it. */
export interface Attendant {
  /** A file of its folder changed. Must not wait for anything slow. */
  look(): void;
  /** The run ended or the agent stops: resolves when nothing is under way any more. */
  close(): Promise<void>;
}
