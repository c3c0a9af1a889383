import type { Log } from "../platform/log/index.ts";
import type { Actor } from "./actor.ts";
import type { RequestAudit } from "./audit.ts";
import type { Peer } from "../cores/core.ts";

/** What every handler finds in `c.var`. */
export interface ApiEnv {
  readonly Bindings: { readonly peer: Peer };
  readonly Variables: {
    /** Authenticated and allowed, unless the route is public: then `nobody`. */
    actor: Actor;
    peer: Peer;
    /** What this request leaves in the audit log. */
    audit: RequestAudit;
    requestId: string;
    /** Carries the request's id. */
    log: Log;
    /** For the guard: who the credentials name, looked up at most once. */
    identify: () => Promise<Actor | undefined>;
  };
}
