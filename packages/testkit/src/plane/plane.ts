/** A whole plane in one process: the real rooms, store and keys behind the builtin core on loopback, gone afterwards. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, type Clock } from "@atalaya/server/clock";
import { createBuiltinCore, createListeners, type BuiltinLimits } from "@atalaya/server/cores/builtin";
import { silentLog, type Log } from "@atalaya/server/log";
import { createPlane, type Plane } from "@atalaya/server/plane";
import { parseSettings, type Settings } from "@atalaya/server/settings";
import { callServer, type Answer, type CallTarget } from "../processes/server.ts";

export interface InProcessOptions {
  readonly settings?: Partial<Settings>;
  readonly limits?: Partial<BuiltinLimits>;
  /** What the rooms take for the time; the core and TLS go by the real one. */
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface InProcessServer extends AsyncDisposable {
  readonly plane: Plane;
  readonly host: string;
  readonly port: number;
  /** Of the listener for stormbolt agents, where `settings.boltListen` has one. */
  readonly boltPort: number | undefined;
  /** PEM. */
  readonly ca: string;
  /** The local administrator's. */
  readonly token: string;
  /** One REST call as the local administrator, over TLS. */
  call<T>(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<T>>;
}

/** Starts on a free port of 127.0.0.1; disposing drains it in order and removes its folder. */
export async function inProcessServer(options: InProcessOptions = {}): Promise<InProcessServer> {
  const { clock = systemClock, log = silentLog } = options;
  await using owned = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), "atalaya-plane-"));
  owned.defer(() => rm(data, { recursive: true, force: true }));
  const listen = [{ host: "127.0.0.1", port: 0 }];
  const settings = { ...parseSettings({ env: {} }), localAgent: false, ...options.settings, data, listen };
  let plane: Plane | undefined;
  const boltArrivals = settings.boltListen.length === 0 ? undefined : createListeners(settings.boltListen);
  await boltArrivals?.bind();
  const core = createBuiltinCore({
    listen,
    open: async (addresses) => {
      plane = owned.use(await createPlane({ settings, addresses, boltArrivals, log, clock }));
      return { plane, pki: plane.pki, metrics: plane.metrics };
    },
    log,
    clock: systemClock,
    limits: { drainMs: settings.drainSeconds * 1000, ...options.limits },
  });
  await core.run();
  owned.defer(() => core.shutdown());
  if (plane === undefined) throw new Error("the core runs without a plane");
  const token = (await readFile(await plane.issueLocalToken(), "utf8")).trim();
  const target: Required<Omit<CallTarget, "socketPath">> = {
    host: "127.0.0.1",
    port: core.addresses[0]!.port,
    ca: plane.pki.caPem,
    token,
  };
  const life = owned.move();
  return {
    plane: plane!,
    boltPort: boltArrivals?.addresses[0]?.port,
    ...target,
    call: (method, path, body, headers) => callServer(target, method, path, body, headers),
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}
