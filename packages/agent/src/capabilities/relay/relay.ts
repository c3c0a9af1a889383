/**
 * The host's end of streams of kind `relay`: a TCP connection to a port that the host's policy allows, or the agent's
 * own API, which no socket listens for.
 */
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { AGENT_API_PORT, AtalayaError, isLoopbackTarget, RelayRequest } from "@atalaya/protocol";
import { forbidsRelay, type RelayWish } from "../../policy/connections.ts";
import type { Policy } from "../../policy/policy.ts";
import { firstLine } from "../../runs/launchpad.ts";
import type { ReadyStream, StreamKind } from "../../streams/streams.ts";

/** Who is at the other end of the agent's API, as the server signed it. */
export interface ApiCaller {
  readonly user: string;
  /** By the server's names, as `package.write`. */
  readonly permissions: ReadonlySet<string>;
  readonly policy: Policy;
}

export interface RelayNeeds {
  /** Speaks HTTP on the duplex until it ends. Absent: this agent has no API, and its port is one like others. */
  readonly api?: (bytes: Duplex, caller: ApiCaller) => void;
}

export function relayKind({ api }: RelayNeeds): StreamKind {
  let open = 0;

  /** Counts until it is over, whoever ends it. */
  function counted(): () => void {
    let over = false;
    open += 1;
    return () => {
      if (!over) open -= 1;
      over = true;
    };
  }

  return {
    async prepare(wanted, { user, policy }) {
      const request = parsed(wanted);
      const { host, port } = request;
      const toApi = api !== undefined && port === AGENT_API_PORT && isLoopbackTarget(host);
      const wish: RelayWish = toApi ? "api" : { host, port };
      const forbidden = forbidsRelay(policy, wish, open);
      if (forbidden !== undefined) throw new AtalayaError("stream.forbidden-by-policy", forbidden);
      const over = counted();
      if (toApi) {
        const caller = { user, policy, permissions: new Set(request.permissions) };
        return {
          run({ bytes }) {
            bytes.once("close", over);
            api(bytes, caller);
          },
          drop: over,
        };
      }
      try {
        return joined(await connected(request), over);
      } catch (error) {
        over();
        throw error;
      }
    },
  };
}

function joined(socket: Socket, over: () => void): ReadyStream {
  socket.once("close", over);
  return {
    drop: () => void socket.destroy(),
    run({ bytes }) {
      bytes.pipe(socket);
      socket.pipe(bytes);
      socket.once("error", (cause) =>
        bytes.destroy(
          new AtalayaError("stream.broken", `the connection at the host broke: ${cause.message}`, { cause }),
        ),
      );
      // A socket that closed without an error has ended both its directions; what it sent is still on its way.
      bytes.once("close", () => socket.destroy());
      // It broke while the server was dialled.
      if (socket.destroyed) bytes.destroy(new AtalayaError("stream.broken", "the connection at the host broke"));
    },
  };
}

/** Before the server is dialled, so that "nothing listens there" costs no stream. */
function connected({ host, port, connectMs }: RelayRequest): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
    const late = setTimeout(() => {
      socket.destroy();
      reject(new AtalayaError("relay.timed-out", `nothing answered at ${where} within ${connectMs} ms`));
    }, connectMs);
    socket.once("connect", () => {
      clearTimeout(late);
      // It may break before somebody listens; whoever joins it sees that.
      socket.on("error", () => undefined);
      socket.pause();
      resolve(socket);
    });
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      clearTimeout(late);
      reject(new AtalayaError("relay.refused", `${where}: ${reasonOf(cause)}`, { cause }));
    });
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ECONNREFUSED") return "nothing listens there";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the host knows no such name";
  return code ?? message;
}

function parsed(wanted: unknown): RelayRequest {
  const request = RelayRequest.safeParse(wanted);
  if (request.success) return request.data;
  throw new AtalayaError("request.malformed", `the request of a relay cannot be read: ${firstLine(request.error)}`);
}
