/** All that runs in the session of an instance: its leader, and what that has started. */
import { hasEnvironment, killAll, send, sessionMembers, statOf } from "../capabilities/exec/processes.ts";
import { pause } from "../platform/pause.ts";
import type { Begun } from "./files.ts";

const ROUNDS = 5;
const ROUND_MS = 50;

/** The very process that has begun, not another of its number. */
export function isAlive({ pid, since }: Begun): boolean {
  const found = statOf(pid);
  return found !== undefined && found.since === since && found.state !== "Z" && found.state !== "X";
}

/** Its process group at once, then what else is in its session. Only while its leader is known to live. */
export async function signalSession(session: number, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  send(-session, signal);
  for (const { pid } of await sessionMembers(session)) if (pid !== session) send(pid, signal);
}

/** What an instance has left behind, known by the name that it was given. */
export async function killLeftovers(name: string, session: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const members = (await sessionMembers(session)).filter(({ pid }) =>
      hasEnvironment(pid, `ATALAYA_INSTANCE=${name}`),
    );
    if (members.length === 0) return;
    killAll(members);
    await pause(ROUND_MS);
  }
}
