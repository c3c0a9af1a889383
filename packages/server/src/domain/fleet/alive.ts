/** Which servers live: this one says so again and again, and hosts of one that is silent are offline until they return. */
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { repeat } from "../../platform/repeat.ts";
import type { DoorStore } from "./doors.store.ts";
import type { PresenceStore } from "./presence.store.ts";

const ALIVE_MS = 30_000;
/** So long silent, another server is dead, and so are its links. */
const LOST_MS = 4 * ALIVE_MS;

export interface AliveNeeds {
  readonly presences: Pick<PresenceStore, "serverAlive" | "serverEnded" | "silentServers">;
  readonly doors: Pick<DoorStore, "serverEnded">;
  readonly clock: Clock;
  readonly log: Log;
  /** This server's name among those that share the store. */
  readonly server: string;
}

/** Resolves when what the last life of this server left online is offline. */
export async function keepAlive({ presences, doors, clock, log, server }: AliveNeeds): Promise<AsyncDisposable> {
  async function ended(whose: string, why: "server-stopped" | "server-lost", at: number): Promise<number> {
    return (await presences.serverEnded(whose, why, at)) + (await doors.serverEnded(whose, why, at));
  }

  async function tellAlive(): Promise<void> {
    const now = clock.now();
    await presences.serverAlive(server, now);
    for (const lost of await presences.silentServers(now - LOST_MS)) {
      const hosts = await ended(lost, "server-lost", now);
      if (hosts > 0)
        log.warn({ server: lost, hosts }, "another server is silent; its hosts are offline until they return");
    }
  }

  const left = await ended(server, "server-stopped", clock.now());
  if (left > 0)
    log.info({ hosts: left }, "hosts that were online when this server ended are offline until they return");
  await presences.serverAlive(server, clock.now());
  return repeat({
    clock,
    everyMs: ALIVE_MS,
    act: tellAlive,
    failed: (error) => log.warn({ err: error }, "could not note that this server is alive"),
  });
}
