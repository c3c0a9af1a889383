import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { ListenAddress, NetworkCore, OpenServed, Served } from "../core.ts";
import { daemonize } from "../daemonize.ts";
import { createHostNames, type ReverseLookup } from "./host-names.ts";
import { type BuiltinLimits, defaultLimits } from "./limits.ts";
import { addressText } from "./listen.ts";
import { createListeners } from "./listeners.ts";
import { createTraffic, type Traffic } from "./traffic.ts";

export interface BuiltinNeeds {
  readonly listen: readonly ListenAddress[];
  readonly open: OpenServed;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits?: Partial<BuiltinLimits>;
  readonly reverseLookup?: ReverseLookup;
}

/** One process, one port: listening sockets, the traffic through them, and the order in which they begin and end. */
export function createBuiltinCore(needs: BuiltinNeeds): NetworkCore {
  const { log, clock } = needs;
  const limits = { ...defaultLimits, ...needs.limits };
  const hostNames = createHostNames({
    clock,
    ...(needs.reverseLookup === undefined ? {} : { lookup: needs.reverseLookup }),
  });
  const listeners = createListeners(needs.listen);
  const ended = Promise.withResolvers<void>();
  let binding: Promise<void> | undefined;
  let serving: (Served & { readonly traffic: Traffic }) | undefined;
  let stopping: Promise<void> | undefined;

  function bind(): Promise<void> {
    binding ??= orLetGo(() => listeners.bind());
    return binding;
  }

  /** Whatever begins and fails leaves nothing behind; so does what a shutdown overtakes. */
  async function orLetGo(begin: () => Promise<void>): Promise<void> {
    try {
      if (stopping !== undefined) throw stopped();
      await begin();
      if (stopping !== undefined) throw stopped();
    } catch (error) {
      await shutdown();
      throw error;
    }
  }

  function shutdown(): Promise<void> {
    stopping ??= end().finally(() => ended.resolve());
    return stopping;
  }

  async function end(): Promise<void> {
    const unbound = listeners.close();
    if (serving !== undefined) {
      serving.traffic.refuse();
      await serving.plane.drain().catch((err: unknown) => log.error({ err }, "the plane did not drain"));
      await serving.traffic.settle();
      serving.traffic.cut();
    }
    await unbound;
    serving = undefined;
  }

  const core: NetworkCore = {
    name: "builtin",
    get addresses() {
      return listeners.addresses;
    },
    bind,
    async run() {
      if (serving !== undefined) throw new Error("a core runs once");
      await bind();
      await orLetGo(async () => {
        const served = await needs.open(listeners.addresses);
        const traffic = createTraffic({ ...served, log, clock, limits, hostNames });
        try {
          await served.plane.start();
        } catch (error) {
          traffic.cut();
          throw error;
        }
        if (stopping !== undefined) return traffic.cut();
        serving = { ...served, traffic };
        listeners.accept(traffic.arrive);
      });
      log.info({ listen: listeners.addresses.map(addressText) }, "listening");
    },
    block: () => ended.promise,
    shutdown,
    async authenticate(credentials, peer) {
      if (serving === undefined) throw new Error("the core does not run");
      return serving.plane.authenticate(credentials, peer);
    },
    daemonize: (steps) => daemonize(core, steps),
  };
  return core;
}

function stopped(): AtalayaError {
  return new AtalayaError("server.draining", "The server was stopped before it was ready.");
}
