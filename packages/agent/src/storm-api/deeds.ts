/** What the routes need of the agent. */
import type { InstalledPackage, ServiceSpec, ServiceStatus } from "@atalaya/protocol";
import type { Policy } from "../policy/policy.ts";

/** Who is at the other end, as the server signed it. */
export interface ApiCaller {
  readonly user: string;
  readonly permissions: ReadonlySet<string>;
  readonly policy: Policy;
}

export interface Deeds {
  status(): Promise<Readonly<Record<string, unknown>>>;
  packages(): Promise<readonly InstalledPackage[]>;
  services(): Promise<readonly ServiceStatus[]>;
  instances(): Promise<readonly { readonly status: ServiceStatus; readonly spec: ServiceSpec }[]>;
  /** A capability's task; resolves with its result. */
  perform(capability: string, request: unknown, caller: ApiCaller): Promise<unknown>;
}
