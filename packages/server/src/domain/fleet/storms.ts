/** Links come and go, hosts tell their facts: many calls, few transactions. */
import { AtalayaError, type Facts } from "@atalaya/protocol";
import { inBatches } from "../../platform/batches.ts";
import type { Moved } from "./directory.store.ts";
import type { Fleet, HostKey, SystemKey } from "./fleet.ts";
import { printable } from "./names.ts";
import { moved, type HistoryEntry, type Movement, type Presence } from "./presence.ts";
import type { PresenceChange, PresenceStore, SystemStanding } from "./presence.store.ts";
import { isAllKnown, meaningfulParts, rememberedHardware } from "./recognise.ts";

/**
 * Nobody waits for these, and each commit has the directory read, and all who look at hosts told: a few commits a second
 * take 0.05 ms less of a link's set-up than many. One coming or going alone waits for nobody.
 */
const MOVES_REST_MS = 100;

export function storms(needs: {
  readonly store: PresenceStore;
  readonly server: string;
  /** After every commit: resolves when the directory has it. `moved`: what it needs not read. */
  readonly committed: (moved?: readonly Moved[]) => Promise<void>;
}): Pick<Fleet, "linkUp" | "linkDown" | "learn"> {
  const { store, server, committed } = needs;

  const move = inBatches<Movement, AtalayaError | undefined>(
    async (movements) => {
      const systems = [...new Set(movements.map(({ link }) => link.system))];
      let answers: readonly (AtalayaError | undefined)[] = [];
      const moves = await store.move(systems, (standings) => {
        const folded = foldMovements(movements, standings, server);
        answers = folded.answers;
        return folded.change;
      });
      await committed(moves);
      return answers;
    },
    { restMs: MOVES_REST_MS },
  );

  const learnMany = inBatches<{ readonly host: HostKey; readonly facts: Facts; readonly digest: string }, undefined>(
    async (news) => {
      // The last word of each host counts.
      const last = new Map(
        news.map(({ host, facts, digest }) => [host, { host, digest, facts: JSON.stringify(facts) }]),
      );
      await store.learn([...last.values()].sort((a, b) => a.host - b.host));
      await committed();
      return news.map(() => undefined);
    },
    { most: 250 },
  );

  async function movedOrThrow(movement: Movement): Promise<void> {
    const failure = await move(movement);
    if (failure !== undefined) throw failure;
  }

  return {
    linkUp: ({ agentVersion, bootId, ...link }) =>
      movedOrThrow({
        kind: "up",
        link: { ...link, agentVersion: printable(agentVersion), bootId: printable(bootId) },
      }),
    linkDown: (link) => movedOrThrow({ kind: "down", link: { ...link, reason: printable(link.reason) } }),
    learn: async (host, facts, digest) => learnMany({ host, facts, digest: printable(digest) }),
  };
}

/** What a group of movements comes to, in their order. */
export function foldMovements(
  movements: readonly Movement[],
  standings: ReadonlyMap<SystemKey, SystemStanding>,
  server: string,
): { readonly change: PresenceChange; readonly answers: readonly (AtalayaError | undefined)[] } {
  const presences = new Map<HostKey, Presence>();
  const entries: HistoryEntry[] = [];
  const hardware = new Map<HostKey, SystemStanding["hardware"]>();

  const answers = movements.map((movement) => {
    const standing = standings.get(movement.link.system);
    if (standing === undefined) {
      // A link that ends because its host was forgotten is no news.
      return movement.kind === "down" ? undefined : new AtalayaError("host.unknown", "The host was forgotten.");
    }
    const { host, name } = standing;
    const outcome = moved(presences.get(host) ?? standing.presence, movement, { host, server, system: name });
    if (outcome === undefined) return undefined;
    presences.set(host, outcome.presence);
    entries.push(outcome.entry);
    if (movement.kind === "up") {
      const known = hardware.get(host) ?? standing.hardware;
      const { fingerprint } = movement.link;
      const remembered = isAllKnown(known, fingerprint)
        ? undefined
        : rememberedHardware(known, meaningfulParts(fingerprint));
      if (remembered !== undefined) hardware.set(host, remembered);
    }
    return undefined;
  });
  return {
    change: {
      presences: [...presences.values()],
      entries,
      hardware: Array.from(hardware, ([host, shown]) => ({ host, shown })),
    },
    answers,
  };
}
