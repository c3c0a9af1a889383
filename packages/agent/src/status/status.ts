/** The status of this host put together: which sources there are. Loaded after connecting. */
import type { StatusFrame } from "@atalaya/protocol";
import type { Log } from "../platform/log.ts";
import type { PolicyFile } from "../policy/policy-file.ts";
import { machineSource, readLive } from "./machine.ts";
import { ownSources, type OwnState } from "./own.ts";
import { createReporter, type StatusReporter } from "./reporter.ts";

export function openStatusReporter(needs: {
  readonly log: Log;
  readonly state: () => OwnState;
  readonly policy: PolicyFile;
  send(frame: StatusFrame): void;
}): StatusReporter {
  const { log, send, state, policy } = needs;
  return createReporter({
    sources: [machineSource, ...ownSources(state, () => policy.current().catch(() => undefined))],
    live: readLive,
    log,
    send,
  });
}
