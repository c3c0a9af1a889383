/** HTTP/1.1 over relays, with connections that are kept for a moment: a page has many parts, and each costs a dial. */
import { Agent, request as httpRequest, type AgentOptions, type ClientRequest, type RequestOptions } from "node:http";
import type { Duplex } from "node:stream";
import { credentialOf } from "../../../api/actor.ts";
import type { DirectoryHost } from "../../fleet/index.ts";
import type { Relay, RelayAsk, RelayTarget } from "../relay.ts";

export interface UpstreamWish {
  readonly host: DirectoryHost;
  readonly target: RelayTarget;
  readonly ask: RelayAsk;
  readonly method: string;
  readonly path: string;
  /** Name, value, …; with Host and the body's framing. */
  readonly headers: readonly string[];
  /** A connection that nobody had before. */
  readonly fresh?: boolean;
}

export interface Upstream extends Disposable {
  /** Its errors are `AtalayaError`s of the relay, and Node's own of HTTP. */
  request(wish: UpstreamWish): ClientRequest;
}

/** From its opening: what a host's policy says meanwhile holds for what comes after. */
const KEPT_MS = 5_000;
const MOST_IDLE = 6;
const HEADER_BYTES = 64 * 1024;

interface Options {
  readonly wish: UpstreamWish;
  readonly key: string;
}
type Connected = (error: Error | null, bytes?: Duplex) => void;

export function createUpstream(relay: Pick<Relay, "open">): Upstream {
  const idle = new WeakMap<Duplex, () => void>();
  const openedAt = new WeakMap<Duplex, number>();
  let fresh = 0;
  const agent = Object.assign(
    new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: MOST_IDLE } satisfies AgentOptions),
    {
      /** Connections are one caller's, to one target. */
      getName: (options?: unknown) => (options as Options | undefined)?.key ?? "",
      createConnection(options: unknown, connected: Connected): undefined {
        const { host, target, ask } = (options as Options).wish;
        relay.open(host, target, ask).then((bytes) => {
          openedAt.set(bytes, performance.now());
          connected(null, likeSocket(bytes));
        }, connected);
      },
      keepSocketAlive(bytes: Duplex): boolean {
        const left = KEPT_MS - (performance.now() - (openedAt.get(bytes) ?? 0));
        if (left <= 0) return false;
        const leave = (): void => void bytes.destroy();
        const timer = setTimeout(leave, left);
        timer.unref();
        // Whatever comes while nothing was asked is the end, or as good as it.
        bytes.on("readable", leave).on("end", leave);
        const wake = (): void => {
          clearTimeout(timer);
          bytes.off("readable", leave).off("end", leave).off("close", wake);
        };
        bytes.once("close", wake);
        idle.set(bytes, wake);
        return true;
      },
      // Node's own marks the request, by which others know that another connection is worth a try, and lets go of what
      // listened while nothing was asked.
      reuseSocket(bytes: Duplex, request: ClientRequest) {
        Agent.prototype.reuseSocket.call(agent, bytes, request);
        idle.get(bytes)?.();
      },
    },
  );

  return {
    request(wish) {
      const { host, target, ask, method, path, headers } = wish;
      const own = [ask.actor.name, credentialOf(ask.actor), host.id, target.host, target.port];
      const options: Options = { wish, key: JSON.stringify(wish.fresh === true ? [...own, (fresh += 1)] : own) };
      return httpRequest({
        ...options,
        agent: agent as unknown as Agent,
        method,
        path,
        headers: headers as string[],
        setHost: false,
        maxHeaderSize: HEADER_BYTES,
      } as RequestOptions);
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** Node's HTTP asks these of sockets; what stands behind a relay has its own answers. */
function likeSocket(bytes: Duplex): Duplex {
  const same = (): Duplex => bytes;
  return Object.assign(bytes, {
    setTimeout: same,
    setNoDelay: same,
    setKeepAlive: same,
    ref: same,
    unref: same,
    destroySoon: () => void (bytes.writableFinished ? bytes.destroy() : bytes.end(() => bytes.destroy())),
  });
}
