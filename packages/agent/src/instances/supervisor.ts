/** All instances of this agent: what starts with it, and what is asked of them by name. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError, type ServiceSpec, type ServiceStatus } from "@atalaya/protocol";
import type { Log } from "../platform/log.ts";
import { failureOf } from "../platform/log.ts";
import { instanceFiles, isInstanceName } from "./files.ts";
import { createInstance, type Instance } from "./instance.ts";
import { startMinder, type Cleared } from "./minder.ts";

export interface SupervisorNeeds {
  readonly data: string;
  readonly bootId: string;
  readonly log: Log;
  readonly now: () => number;
  /** Looks up the account and asks the policy. Throws `run.forbidden-by-policy`, `run.account-unusable`, `service.failed`. */
  clear(name: string, spec: ServiceSpec): Promise<Cleared>;
  /** Told whenever the state of one has changed. */
  changed?(): void;
}

export interface Supervisor {
  list(): readonly ServiceStatus[];
  /** Throws `service.unknown`. */
  of(name: string): Instance;
  has(name: string): boolean;
  /** A new one, or another specification of one that is there: then it is started again if it ran. */
  add(name: string, spec: ServiceSpec): Promise<Instance>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

export const instancesFolder = (data: string): string => join(data, "instances");

/** Adopts what an earlier agent left. Resolves when all of it is known. */
export async function openSupervisor(needs: SupervisorNeeds): Promise<Supervisor> {
  const { data, log } = needs;
  const folder = instancesFolder(data);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const instances = new Map<string, Instance>();

  function create(name: string): Instance {
    return createInstance({
      name,
      files: instanceFiles(folder, name),
      bootId: needs.bootId,
      log,
      now: needs.now,
      clear: (spec) => needs.clear(name, spec),
      startMinder,
      changed: () => {
        if (instances.has(name)) needs.changed?.();
      },
    });
  }

  function of(name: string): Instance {
    const found = instances.get(name);
    if (found === undefined) throw new AtalayaError("service.unknown", `this agent has no instance ${name}`);
    return found;
  }

  const names = (await readdir(folder)).filter(isInstanceName);
  await Promise.all(
    names.map(async (name) => {
      const one = create(name);
      try {
        await one.adopt();
        instances.set(name, one);
      } catch (error) {
        // One spoiled folder must not keep the others from running.
        await one.close();
        log.error("instance.not-adopted", { name, ...failureOf(error) });
      }
    }),
  );
  needs.changed?.();

  return {
    list: () => [...instances.values()].map((one) => one.status()).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    of,
    has: (name) => instances.has(name),
    async add(name, spec) {
      if (!isInstanceName(name)) throw new AtalayaError("request.malformed", `${name} is not a name of an instance`);
      const known = instances.get(name);
      // Asked now, so that nothing is kept that may never run.
      await needs.clear(name, spec);
      const one = known ?? create(name);
      const ran = known !== undefined && ["running", "starting", "waiting"].includes(known.status().state);
      if (ran) await one.stop();
      await one.define(spec);
      instances.set(name, one);
      needs.changed?.();
      if (ran || spec.autostart) await one.start();
      return one;
    },
    async remove(name) {
      const one = of(name);
      await one.remove();
      instances.delete(name);
      needs.changed?.();
    },
    async close() {
      await Promise.all([...instances.values()].map((one) => one.close()));
    },
  };
}
