/** A relay: a stream of kind `relay`. Its bytes are those of a TCP connection that the host's agent makes. */
import { z } from "zod";

export const RELAY = "relay";

/** Where agents of old had their own API. Ours has no socket there: the agent answers it inside the stream. */
export const AGENT_API_PORT = 5000;
/** What a change through that API needs: as much as the job that does the same. */
export const AGENT_API_CHANGE = ["job.create", "account.choose"] as const;

/** Whether a request there only looks. `OPTIONS` does not: the original takes another method from its body (decision 0056). */
export function looksAtAgentApi(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** A name or address as the host's agent resolves it; no port, no brackets, no path. */
const Target = z
  .string()
  .regex(/^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$/, {
    error: "is no name or address",
  });

export const RelayRequest = z.strictObject({
  port: z.int().min(1).max(65_535),
  /** As the host sees it; absent: the host itself, on its loopback. */
  host: Target.default("127.0.0.1"),
  /** What the asker may do, by the server's names: the agent's own API asks for each deed. Signed, as all of it. */
  permissions: z.array(z.string().max(64)).max(256).optional(),
  /** How long connecting may take at the host. */
  connectMs: z.int().min(1).max(60_000).default(10_000),
});
export type RelayRequest = z.output<typeof RelayRequest>;

/** Addresses that never leave the machine they are written on. */
export function isLoopbackTarget(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
