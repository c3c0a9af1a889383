/** The API put together with what the agent has. Loaded when somebody calls. */
import type { Duplex } from "node:stream";
import { readPackages } from "../capabilities/package/status-source.ts";
import { servicesSource } from "../capabilities/service/status-source.ts";
import type { LazySupervisor } from "../instances/lazy.ts";
import type { Log } from "../platform/log.ts";
import { directTasks, type DirectNeeds } from "../tasks/direct.ts";
import type { ApiCaller } from "./deeds.ts";
import { stormApi } from "./http.ts";

export interface StormApiNeeds extends DirectNeeds {
  readonly instances: LazySupervisor;
  readonly log: Log;
  status(): Promise<Readonly<Record<string, unknown>>>;
}

export function openStormApi(needs: StormApiNeeds): (bytes: Duplex, caller: ApiCaller) => void {
  const { instances, log, status } = needs;
  const perform = directTasks(needs);
  const services = servicesSource();
  return stormApi(
    {
      status,
      packages: readPackages,
      services: services.read,
      async instances() {
        if (!instances.wanted) return [];
        const supervisor = await instances.open();
        return supervisor.list().map((one) => ({ status: one, spec: supervisor.of(one.name).spec() }));
      },
      perform: (capability, request, { policy, user }) => perform({ capability, request, policy, user }),
    },
    log,
  );
}
