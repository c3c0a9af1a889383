/** The parts that tell what this host holds: packages, services, the agent's own instances. Without what changes by itself. */
import type { ServiceStatus } from "@atalaya/protocol";
import { packagesSource } from "../capabilities/package/status-source.ts";
import { instancesSource, servicesSource } from "../capabilities/service/status-source.ts";
import type { LazySupervisor } from "../instances/lazy.ts";
import { idOf, packageEntry } from "./packages.ts";
import type { StatusSource } from "./source.ts";

export function holdingSources(instances: LazySupervisor): readonly StatusSource[] {
  const services = servicesSource();
  const own = instancesSource(instances);
  return [
    {
      name: "packages",
      read: async () => (await packagesSource.read()).map(packageEntry),
      changed: packagesSource.changed,
    },
    { name: "services", read: async () => (await services.read()).map(serviceEntry), changed: services.changed },
    { name: "instances", read: async () => (await own.read()).map(serviceEntry), changed: own.changed },
  ];
}

/** In the shape of the original, as far as it is stable: process ids, times and counts of restarts are not told here. */
export function serviceEntry({ name, manager, state, enabled, description }: ServiceStatus) {
  return {
    id: idOf(`${manager}/${name}`),
    name,
    type: manager,
    invocation: { name, monitor: manager === "instance" || enabled === true },
    // On its way from one to the other it is neither; what lasts is told.
    running: state === "running" || state === "stopping",
    ...(state === "failed" ? { failed: true } : {}),
    ...(enabled === undefined ? {} : { enabled }),
    ...(description === undefined ? {} : { description }),
  };
}
