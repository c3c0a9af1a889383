import { randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { isGroupName, parseSelector, printSelector } from "@atalaya/protocol/selectors";
import { inBatches } from "../../platform/batches.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { type Store, violation } from "../../platform/store/index.ts";
import { keepAlive } from "./alive.ts";
import { attachStore, type HostSystem } from "./attach.store.ts";
import { changesStore, type HostPatch } from "./changes.store.ts";
import { createDirectory, type Directory, type Group } from "./directory.ts";
import { directoryStore, type Moved } from "./directory.store.ts";
import { doorStore } from "./doors.store.ts";
import type { Attachment, DirectoryHost, Entrance, Fleet, Guest, HostGone, HostKey, Leave, Newcomer } from "./fleet.ts";
import { type GroupWish, groupStore } from "./groups.store.ts";
import { historyStore, type StoredEntry } from "./history.store.ts";
import { type MergeProposal, mergeStore } from "./merge.store.ts";
import { changedLabels, checkedPlace, checkHostName, printable } from "./names.ts";
import { presenceStore } from "./presence.store.ts";
import { keepFresh } from "./refresh.ts";
import { checkGroup, findHost, groupsUsing, select } from "./selection.ts";
import { storms } from "./storms.ts";
import { previewOf } from "./preview.ts";
import { type SelectorUse, useStore } from "./uses.store.ts";
import type { Preview } from "./view.ts";

/** Who asks, as far as the fleet must know. */
export interface Asker {
  readonly name: string;
  readonly places?: readonly string[];
}

/** All the fleet's room can do: its door for other rooms, and what its routes and topic need. */
export interface FleetRoom extends Fleet, AsyncDisposable {
  readonly directory: Directory;
  /** Revision up to which the directory is complete. */
  revision(): number;
  /** Resolves when the directory holds all that was committed before the call. */
  fresh(): Promise<void>;
  change(host: HostKey, patch: HostPatch, by: Asker): Promise<DirectoryHost>;
  merge(from: DirectoryHost, into: DirectoryHost, by: Asker): Promise<DirectoryHost>;
  release(host: HostKey, by: Asker): Promise<DirectoryHost>;
  forget(host: DirectoryHost): Promise<void>;
  proposalsOf(host: HostKey): Promise<readonly MergeProposal[]>;
  /** They are two machines: it is not proposed again. Throws `request.conflict` when it is not proposed. */
  dismiss(host: DirectoryHost, other: DirectoryHost, by: Asker): Promise<DirectoryHost>;
  systemsOf(host: HostKey): Promise<readonly HostSystem[]>;
  history(host: HostKey, page: { readonly before?: number; readonly limit: number }): Promise<readonly StoredEntry[]>;
  /** Deletes history that is older, and the oldest over `most` entries of all hosts together; returns how many. */
  prune(before: number, most?: number): Promise<number>;
  group(name: string): Group;
  /** Throws `group.circular`, `group.unknown`, `selector.malformed`. */
  putGroup(group: GroupWish, by: Asker): Promise<Group>;
  removeGroup(name: string, by: Asker): Promise<void>;
  preview(selector: string, by: Asker, limit: number): Promise<Preview>;
}

export interface FleetNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** This server's name among those that share the store; the same after a restart. */
  readonly server: string;
}

const TRIES = 5;

/** Loads the directory and keeps it fresh; hosts that were online at this server are offline until they come back. */
export async function createFleet({ store, bus, clock, log, server }: FleetNeeds): Promise<FleetRoom> {
  const barredListeners = new Set<(host: HostKey) => void>();
  const directory = createDirectory((host) => barredListeners.forEach((listener) => listener(host)));
  const presences = presenceStore(store, directory.revisionOf);
  const [attachments, changes, merges] = [attachStore(store), changesStore(store), mergeStore(store)];
  const [groups, histories, uses] = [groupStore(store), historyStore(store), useStore(store)];
  const goneListeners = new Set<(gone: HostGone) => void>();

  const doors = doorStore(store);
  await using undo = new AsyncDisposableStack();
  undo.use(await keepAlive({ presences, doors, clock, log, server }));
  const refresh = undo.use(await keepFresh({ directory, store: directoryStore(store), bus, clock, log }));

  async function committed(moved: readonly Moved[] = []): Promise<void> {
    directory.foretell(moved);
    bus.tell("fleet");
    await refresh.fresh();
  }

  async function changed(host: HostKey): Promise<DirectoryHost> {
    await committed();
    const now = directory.byKey(host);
    if (now === undefined) throw new AtalayaError("host.unknown", "There is no such host any more.");
    return now;
  }

  const tellGone = (gone: HostGone) => goneListeners.forEach((listener) => listener(gone));

  async function namingHosts<T>(write: (isTaken: (name: string) => boolean) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      await refresh.fresh();
      try {
        const answers = await write((name) => directory.byName(name) !== undefined);
        await committed();
        return answers;
      } catch (error) {
        // Another server gave the name away meanwhile.
        if (violation(error) !== "unique" || tries === TRIES) throw error;
      }
    }
  }

  const attachMany = inBatches<Newcomer, Attachment>(
    (newcomers) => namingHosts((isTaken) => attachments.attach(newcomers, { isTaken, newId, now: clock.now() })),
    { most: 200 },
  );
  const enterMany = inBatches<Guest, Entrance>(
    (guests) => namingHosts((isTaken) => doors.enter(guests, { isTaken, newId, server })),
    { most: 100 },
  );
  const leaveMany = inBatches<Leave, undefined>(
    async (leaves) => {
      await doors.leave(leaves);
      await committed();
      return leaves.map(() => undefined);
    },
    { most: 200 },
  );

  async function recordUse(actor: string, selector: string, use: SelectorUse, replace: boolean): Promise<void> {
    // Only for the eyes of people: no reason to fail what they asked for.
    await uses
      .record(actor, selector, use, { replace })
      .catch((error: unknown) => log.warn({ err: error }, "the use of a selector could not be noted"));
  }

  const owned = undo.move();
  return {
    directory,
    revision: () => refresh.revision,
    fresh: () => refresh.fresh(),
    async resolve(selector, scope = {}) {
      await refresh.fresh();
      const resolution = select(directory, selector, { now: clock.now(), places: scope.places });
      if (scope.usedBy !== undefined) {
        const use = { at: clock.now(), hosts: resolution.hosts.map(({ key }) => key) };
        await recordUse(scope.usedBy, resolution.selector, use, true);
      }
      return resolution;
    },
    async host(idOrName) {
      await refresh.fresh();
      return findHost(directory, idOrName);
    },
    byKey: (key) => directory.byKey(key),
    hostOfSystem: (system) => directory.hostOfSystem(system)?.key,
    hostOfEnrolment: (enrolment) => directory.hostOfEnrolment(enrolment),
    factsDigest: (host) => directory.factsDigest(host),
    foresee: async (newcomers) => (newcomers.length === 0 ? [] : attachments.foresee(newcomers)),
    async attach(newcomer) {
      // Checked here, so that a wrong one does not take the others of its batch with it.
      if (newcomer.place !== undefined && newcomer.place.length > 0) checkedPlace(newcomer.place);
      if (newcomer.labels !== undefined) changedLabels({}, newcomer.labels);
      const { system, agentVersion } = newcomer;
      return attachMany({
        ...newcomer,
        system: { kind: system.kind, name: printable(system.name) },
        agentVersion: printable(agentVersion),
      });
    },
    async detach(enrolment) {
      if (await attachments.detach(enrolment, clock.now())) await committed();
    },
    ...storms({ store: presences, server, committed }),
    enter: (guest) => enterMany({ ...guest, name: printable(guest.name), address: printable(guest.address) }),
    leave: (leave) => leaveMany({ ...leave, reason: printable(leave.reason) }),
    async quarantine(host, reason) {
      await changes.quarantine(host, reason, clock.now());
      await committed();
    },
    async change(host, patch, by) {
      if (patch.name !== undefined) checkHostName(patch.name);
      if (patch.place !== undefined && patch.place !== null) checkedPlace(patch.place);
      await changes.change(host, patch, { actor: by.name, now: clock.now() });
      return changed(host);
    },
    async merge(from, into, by) {
      if (from.key === into.key)
        throw new AtalayaError("request.conflict", `${from.name} cannot be merged into itself.`);
      const enrolments = await merges.merge(from.key, into.key, { actor: by.name, now: clock.now() });
      const kept = await changed(into.key);
      tellGone({ host: from.key, into: into.key, enrolments });
      return kept;
    },
    async dismiss(host, other, by) {
      if (!(await merges.dismiss(host.key, other.key, { actor: by.name, now: clock.now() }))) {
        throw new AtalayaError("request.conflict", `Nobody proposes to merge ${host.name} and ${other.name}.`);
      }
      return changed(host.key);
    },
    async release(host, by) {
      await changes.release(host, { actor: by.name, now: clock.now() });
      return changed(host);
    },
    async forget(host) {
      const enrolments = await changes.forget(host.key, clock.now());
      await committed();
      tellGone({ host: host.key, enrolments });
    },
    onGone(listener) {
      const entry = (gone: HostGone) => listener(gone);
      goneListeners.add(entry);
      return { [Symbol.dispose]: () => goneListeners.delete(entry) };
    },
    onBarred(listener) {
      const entry = (host: HostKey) => listener(host);
      barredListeners.add(entry);
      return { [Symbol.dispose]: () => barredListeners.delete(entry) };
    },
    proposalsOf: (host) => merges.proposalsOf(host),
    systemsOf: (host) => attachments.systemsOf(host),
    history: (host, page) => histories.of(host, page),
    prune: (before, most) => histories.prune(before, most),
    group: (name) => groupNamed(directory, name),
    async putGroup(wish, by) {
      if (!isGroupName(wish.name)) {
        throw new AtalayaError(
          "request.malformed",
          "A group's name has at most 63 letters, digits, dots, dashes, underscores.",
        );
      }
      await refresh.fresh();
      const parsed = parseSelector(wish.selector);
      checkGroup(directory, wish.name, parsed);
      await groups.put({ ...wish, selector: printSelector(parsed) }, { actor: by.name, now: clock.now() });
      await committed();
      return groupNamed(directory, wish.name);
    },
    async removeGroup(name, by) {
      await refresh.fresh();
      const users = groupsUsing(directory, name);
      if (users.length > 0) {
        throw new AtalayaError(
          "request.conflict",
          `The group @${name} is used by ${users.map((user) => `@${user}`).join(", ")}.`,
        );
      }
      if (!(await groups.remove(name, { actor: by.name, now: clock.now() }))) groupNamed(directory, name);
      await committed();
    },
    async preview(text, by, limit) {
      await refresh.fresh();
      const now = clock.now();
      const resolution = select(directory, text, { now, places: by.places });
      const last = await uses.last(by.name, resolution.selector);
      const preview = previewOf(resolution, last, (key) => directory.nameOf(key), limit);
      // Before anything was run there is nothing to differ from but the first look.
      if (last === undefined) {
        await recordUse(
          by.name,
          resolution.selector,
          { at: now, hosts: resolution.hosts.map(({ key }) => key) },
          false,
        );
      }
      return preview;
    },
    async [Symbol.asyncDispose]() {
      goneListeners.clear();
      await owned.disposeAsync();
    },
  };
}

function newId(): string {
  return `host_${randomBytes(16).toString("base64url")}`;
}

function groupNamed(directory: Directory, name: string): Group {
  const group = directory.groups.get(name);
  if (group === undefined) throw new AtalayaError("group.unknown", `There is no group @${name}.`);
  return group;
}
