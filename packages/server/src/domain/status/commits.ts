/** All that is due in one commit: what hosts told, who came and went, who moved. Memory follows what is written. */
import { AtalayaError } from "@atalaya/protocol";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { DirectoryHost, FleetRoom, HostKey } from "../fleet/index.ts";
import type { Confirmations } from "./confirmations.ts";
import type { PartPool, Parts } from "./parts.ts";
import type { RecentEvents } from "./recent-events.ts";
import type { Registry } from "./registry.ts";
import type { StatusStore } from "./status.store.ts";
import { leavingOf, stepOf, type Leaving, type Step } from "./steps.ts";
import { refuse, type Pending, type Waiting } from "./waiting.ts";
import { writeOf } from "./writes.ts";

export interface CommitsNeeds {
  readonly rows: Pick<StatusStore, "write">;
  readonly fleet: Pick<FleetRoom, "byKey" | "fresh" | "directory" | "revision">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly waiting: Waiting;
  readonly confirmations: Confirmations;
  readonly registry: Registry;
  readonly pool: PartPool;
  readonly events: RecentEvents;
  /** Hosts that were listed when the last server ended: they leave, or have come back already. */
  readonly leftBehind: Iterable<HostKey>;
}

/** One commit each time it is called. Resolves with when more is due: 0 at once, undefined when somebody tells something. */
export function statusCommits(needs: CommitsNeeds): () => Promise<number | undefined> {
  const { rows, fleet, bus, clock, waiting, confirmations, registry, pool, events } = needs;
  const left = new Set(needs.leftBehind);
  let lastPosition = 0;
  for (const { position } of registry.entries) lastPosition = Math.max(lastPosition, position);
  let directoryRevision = 0;

  return async () => {
    await fleet.fresh();
    const upTo = fleet.revision();
    const now = clock.now();
    const { news, againInMs } = waiting.take(now, isChange);
    const steps = new Map<HostKey, Step>();
    const gone: Leaving[] = [];
    try {
      for (const [key, one] of news) {
        const host = fleet.byKey(key);
        if (host === undefined) refuse(one, new AtalayaError("host.unknown", "There is no such host."));
        else look(host, one);
      }
      for (const change of fleet.directory.changesAfter(directoryRevision)) {
        if ("host" in change) {
          if (!steps.has(change.host.key)) look(change.host, undefined);
        } else leave(change.gone.key, change.gone.name);
      }
      for (const host of left) {
        const known = fleet.byKey(host);
        if (known === undefined) leave(host, "");
        else if (!steps.has(host)) look(known, undefined);
      }
      await write([...steps.values()], gone);
      directoryRevision = Math.max(directoryRevision, upTo);
      left.clear();
    } catch (error) {
      // Nothing was applied: whoever waits hears of it, and the list is looked at again from the same revision.
      for (const step of steps.values()) if (step.news !== undefined) refuse(step.news, error);
      throw error;
    }
    return againInMs;

    function look(host: DirectoryHost, told: Pending | undefined): void {
      const { key } = host;
      if (host.state !== "online" && told === undefined) confirmations.lapse(key);
      const step = stepOf(
        {
          host,
          before: registry.get(key),
          news: told,
          wasLeft: left.has(key),
          isReady: (source) => confirmations.holds(key, source),
          nextPosition: () => (lastPosition += 1),
        },
        now,
      );
      if (step !== undefined) steps.set(key, step);
    }

    function leave(host: HostKey, name: string): void {
      const entry = registry.get(host);
      steps.delete(host);
      if (entry !== undefined) gone.push(leavingOf(entry, name, left.has(host), now));
    }
  };

  function isChange(host: HostKey, { parts }: Pending): boolean {
    const known = registry.get(host);
    return known !== undefined && known.parts !== parts;
  }

  async function write(steps: readonly Step[], gone: readonly Leaving[]): Promise<void> {
    const change = writeOf(steps, gone);
    const isWritten = change.hosts.length + change.changes.length + change.events.length + change.gone.length > 0;
    if (isWritten) events.add(change.events, await rows.write(change));
    for (const { host } of gone) {
      registry.remove(host);
      confirmations.forget(host);
      waiting.forget(host);
    }
    for (const step of steps) apply(step);
    if (change.events.length > 0) bus.tell("status");
  }

  function apply({ after, before, changed, news }: Step): void {
    const { revision } = events;
    // Another sample may have come meanwhile.
    const { live, beats } = news?.live === undefined && before !== undefined ? before : after;
    const isChanged = changed.size > 0 || before === undefined;
    const parts: Parts = isChanged
      ? new Map([...after.parts].map(([name, part]) => [name, pool.one(part)]))
      : after.parts;
    registry.set({ ...after, parts, live, beats, revision: changed.size > 0 ? revision : after.revision });
    for (const done of news?.done ?? []) done.resolve({ changed: [...changed.keys()], revision });
  }
}
