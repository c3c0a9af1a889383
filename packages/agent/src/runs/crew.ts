/**
 * Everybody who belongs to a run. Its session first, which a process leaves with setsid; then its control group, which
 * nobody leaves; and on a machine without groups, whoever was started with the run's name in the environment.
 */
import type { Cgroup } from "../capabilities/exec/cgroups.ts";
import { hasEnvironment, livingProcesses, send } from "../capabilities/exec/processes.ts";
import { pause } from "../platform/pause.ts";

export interface Crew {
  /** Who lives. `known`: whether the session is still the run's; its number may have come round. */
  members(session: number, known: boolean): Promise<readonly number[]>;
  /** `known` as above; then the first process's group gets it at once. */
  signal(session: number, name: "SIGTERM" | "SIGKILL", known: boolean): Promise<void>;
  /** Until nobody is left. */
  kill(session: number, known: boolean): Promise<void>;
}

/** Whoever is in the middle of a fork() needs another; whoever hangs in the kernel is not waited for. */
const KILL_ROUNDS = 10;

/** `group`: undefined on a machine that has none. */
export function crewOf(run: string, group: Cgroup | undefined): Crew {
  // An agent that a run has installed or restarted has the name, too.
  const us = new Set([process.pid, process.ppid]);
  const named = (pid: number): boolean => !us.has(pid) && hasEnvironment(pid, `ATALAYA_RUN=${run}`);

  async function members(session: number, known: boolean): Promise<readonly number[]> {
    const inGroup = new Set(await group?.members());
    for (const { pid, session: of } of await livingProcesses()) {
      const ours = of === session ? known || named(pid) : group === undefined && named(pid);
      if (ours) inGroup.add(pid);
    }
    return [...inGroup];
  }

  async function signal(session: number, name: "SIGTERM" | "SIGKILL", known: boolean): Promise<void> {
    if (known) send(-session, name);
    if (name === "SIGKILL") await group?.kill();
    for (const pid of await members(session, known)) send(pid, name);
  }

  return {
    members,
    signal,
    async kill(session, known) {
      await group?.kill();
      for (let round = 0; round < KILL_ROUNDS; round += 1) {
        const left = await members(session, known);
        if (left.length === 0) return;
        for (const pid of left) send(pid, "SIGKILL");
        await pause(10);
      }
    },
  };
}
