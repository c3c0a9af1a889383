/** What this machine publishes: service files, and what programs registered since the agent started. */
import { join } from "node:path";
import { userService, type PublishedService, type Scalars } from "@atalaya/protocol/marcopolo";
import type { Account } from "../capabilities/exec/account.ts";
import { readServiceFiles, ROOT_SERVICES, USER_SERVICES } from "./service-files.ts";

export interface Registration {
  /** Bare, without the account. */
  readonly id: string;
  /** Undefined: the machine's. */
  readonly owner?: { readonly uid: number; readonly name: string };
  /** Grids it is published in. */
  readonly groups: readonly string[];
}

export interface Catalogue {
  /** The machine's services in a grid; those of accounts are only found by name. */
  list(group: string): Promise<readonly PublishedService[]>;
  /** The parameters of `service` or `user:service` in a grid; undefined when nobody publishes it there. */
  find(group: string, name: string): Promise<Scalars | undefined>;
  /** False when that name is taken. Gone when the agent stops. */
  register(service: Registration): boolean;
  /** Only the owner's own. `groups` empty: from all. False when there is none. */
  unregister(service: Registration): boolean;
  /** Forgets what was read from files, as SIGUSR1 asks of polod; registrations stay. */
  reload(): void;
}

/** How long a folder's content is believed: a question must not cost a walk through somebody's home. */
const BELIEVED_MS = 5_000;
const MAX_REGISTRATIONS = 512;

export function createCatalogue(needs: {
  /** The agent's own service. */
  readonly own: PublishedService;
  readonly account: (name: string) => Promise<Account | undefined>;
  readonly now: () => number;
  readonly rootServices?: string;
  readonly minimumUid?: number;
}): Catalogue {
  const { now, own } = needs;
  const folders = new Map<string, { readonly at: number; readonly services: ReturnType<typeof readServiceFiles> }>();
  const registered = new Map<string, Registration>();

  function filesIn(folder: string, owner: number): ReturnType<typeof readServiceFiles> {
    const known = folders.get(folder);
    if (known !== undefined && now() - known.at < BELIEVED_MS) return known.services;
    // Names of accounts come from strangers: what is remembered of them stays small.
    if (folders.size > 256) folders.clear();
    const services = readServiceFiles(folder, owner);
    folders.set(folder, { at: now(), services });
    return services;
  }

  const inGrid = (groups: readonly string[], group: string): boolean => groups.length === 0 || groups.includes(group);

  async function ofMachine(group: string): Promise<readonly PublishedService[]> {
    const files = await filesIn(needs.rootServices ?? ROOT_SERVICES, 0);
    const dynamic = [...registered.values()].filter((service) => service.owner === undefined);
    const all = new Map<string, PublishedService>([[own.id, own]]);
    for (const { id, params, groups } of files) if (inGrid(groups, group) && !all.has(id)) all.set(id, { id, params });
    for (const { id, groups } of dynamic) if (inGrid(groups, group) && !all.has(id)) all.set(id, { id, params: {} });
    return [...all.values()];
  }

  async function ofAccount(group: string, user: string, id: string): Promise<Scalars | undefined> {
    const dynamic = registered.get(`${user}:${id}`);
    if (dynamic !== undefined && inGrid(dynamic.groups, group)) return {};
    const account = await needs.account(user);
    if (account === undefined || account.uid < (needs.minimumUid ?? 1000)) return undefined;
    const files = await filesIn(join(account.home, USER_SERVICES), account.uid);
    return files.find((service) => service.id === id && inGrid(service.groups, group))?.params;
  }

  const keyOf = ({ id, owner }: Registration): string => (owner === undefined ? id : `${owner.name}:${id}`);

  return {
    list: ofMachine,
    async find(group, name) {
      const owned = userService(name);
      if (owned !== undefined) return ofAccount(group, owned.user, owned.id);
      return (await ofMachine(group)).find(({ id }) => id === name)?.params;
    },
    register(service) {
      if (registered.has(keyOf(service)) || registered.size >= MAX_REGISTRATIONS || keyOf(service) === own.id)
        return false;
      registered.set(keyOf(service), service);
      return true;
    },
    unregister(service) {
      const known = registered.get(keyOf(service));
      if (known === undefined) return false;
      const left = known.groups.filter((group) => service.groups.length > 0 && !service.groups.includes(group));
      if (left.length === known.groups.length) return false;
      if (left.length === 0) registered.delete(keyOf(service));
      else registered.set(keyOf(service), { ...known, groups: left });
      return true;
    },
    reload: () => folders.clear(),
  };
}
