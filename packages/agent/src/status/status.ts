/** The status of this host put together: which sources there are. Loaded after connecting. */
import { statusNames, withoutSecrets, type StatusFrame } from "@atalaya/protocol";
import type { LazySupervisor } from "../instances/lazy.ts";
import type { Log } from "../platform/log.ts";
import type { PolicyFile } from "../policy/policy-file.ts";
import { holdingSources } from "./holdings.ts";
import { machineSource, readLive } from "./machine.ts";
import { ownSources, type OwnState } from "./own.ts";
import { createReporter, type StatusReporter } from "./reporter.ts";
import type { StatusSource } from "./source.ts";

interface SourceNeeds {
  readonly state: () => OwnState;
  readonly policy: PolicyFile;
  readonly instances: LazySupervisor;
}

function sourcesOf({ state, policy, instances }: SourceNeeds): readonly StatusSource[] {
  const own = ownSources(state, () => policy.current().catch(() => undefined));
  return [machineSource, ...own, ...holdingSources(instances)];
}

/** All of it, as it is now, in the original's order; what cannot be read is absent. `id`: what the server calls the host. */
export async function readStatus(needs: SourceNeeds, id: string | null): Promise<Readonly<Record<string, unknown>>> {
  const sources = sourcesOf(needs);
  const found = await Promise.all(
    statusNames.map(async (name) => {
      const value = await Promise.resolve(sources.find((one) => one.name === name)?.read()).catch(() => undefined);
      return [name, value === undefined ? undefined : withoutSecrets(value, name)] as const;
    }),
  );
  return Object.fromEntries([["id", id], ...found.filter(([, value]) => value !== undefined)]);
}

export function openStatusReporter(
  needs: SourceNeeds & {
    readonly log: Log;
    send(frame: StatusFrame): void;
  },
): StatusReporter {
  const { log, send } = needs;
  return createReporter({
    sources: sourcesOf(needs),
    live: readLive,
    log,
    send,
  });
}
