/**
 * What is asked of an agent's own API through a relay changes its host: packages, services, files. Each such request is
 * told in the audit log by itself, by method and path; its body may hold secrets.
 */
import { AGENT_API_PORT, isLoopbackTarget, looksAtAgentApi, type AtalayaError } from "@atalaya/protocol";
import type { AuditDoor } from "../../api/audit.ts";
import type { DirectoryHost } from "../fleet/index.ts";
import type { RelayAsk } from "./relay.ts";
import type { RelayTarget } from "./road.ts";

export interface DeedWish {
  readonly incoming: { readonly method?: string | undefined };
  readonly host: DirectoryHost;
  readonly target: RelayTarget;
  readonly ask: Omit<RelayAsk, "signal">;
  readonly path: string;
}

export interface Deed {
  /** `failure`: what was answered instead of the agent's own answer, of this status. */
  end(status: number, failure?: AtalayaError): Promise<void>;
}

/** Undefined for what changes nothing that we know of. Throws `audit.unavailable`: then nothing may be asked. */
export async function beginDeed(
  audit: AuditDoor,
  { incoming, host, target, ask, path }: DeedWish,
): Promise<Deed | undefined> {
  const { method = "GET" } = incoming;
  const toApi = target.port === AGENT_API_PORT && (target.host === undefined || isLoopbackTarget(target.host));
  if (!toApi || looksAtAgentApi(method)) return undefined;
  const change = await audit.begin({
    action: "relay.deed",
    actor: ask.actor,
    address: ask.address,
    targets: [`host:${host.name}`, host.id],
    details: { host: host.name, method, path: path.split("?", 1)[0]!.slice(0, 256) },
  });
  return {
    end(status, failure) {
      if (failure !== undefined) return change.end({ outcome: "failed", code: failure.code });
      if (status < 400) return change.end({ outcome: "done" }, { details: { status } });
      const outcome = status < 500 ? "refused" : "failed";
      return change.end({ outcome, code: "capability.failed" }, { details: { status } });
    },
  };
}
