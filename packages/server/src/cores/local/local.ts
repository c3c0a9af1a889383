import type { Actor } from "../../api/actor.ts";
import type { Core, Credentials, Peer, PlaneDoor } from "../core.ts";

export interface LocalCore extends Core {
  /** Asks the plane as a caller of this process; only while it runs. */
  fetch(request: Request): Promise<Response>;
  /** Whom these credentials name; only while it runs. */
  authenticate(credentials: Credentials): Promise<Actor>;
  /** Calls a remote procedure as `actor`, or as nobody; only while it runs. */
  rpc(method: string, args: readonly unknown[], actor?: Actor): Promise<unknown>;
}

const here: Peer = { door: "public", address: "127.0.0.1", port: 0, hostName: () => Promise.resolve("localhost") };

/** Runs a plane that nobody outside of this process can reach. */
export function createLocalCore({ plane }: { readonly plane: PlaneDoor }): LocalCore {
  const ended = Promise.withResolvers<void>();
  let running = false;
  let stopping: Promise<void> | undefined;
  function check(): void {
    if (!running) throw new Error("the core does not run");
  }
  return {
    name: "local",
    async run() {
      if (stopping !== undefined) throw new Error("a core runs once");
      try {
        await plane.start();
        running = true;
      } catch (error) {
        stopping = Promise.resolve();
        ended.resolve();
        throw error;
      }
    },
    block: () => ended.promise,
    shutdown() {
      stopping ??= (running ? plane.drain() : Promise.resolve()).finally(() => {
        running = false;
        ended.resolve();
      });
      return stopping;
    },
    async fetch(request) {
      check();
      return plane.fetch(request, here);
    },
    async authenticate(credentials) {
      check();
      return plane.authenticate(credentials, here);
    },
    async rpc(method, args, actor) {
      check();
      return plane.rpc(method, args, { peer: here, ...(actor === undefined ? {} : { actor }) });
    },
  };
}
