/**
 * Words. A *waypoint* is this agent as far as it carries connections of other agents to the server. What it carries is
 * TLS between them and the server: it sees none of it. Where they get to is where its own link is.
 */
import type { Socket } from "node:net";
import type { IncomingMessage } from "node:http";
import { failures, showHops, WAYPOINT_FAILURE, type FailureCode } from "@atalaya/protocol";
import { showAddress, type Address } from "../link/addresses.ts";
import { connectTcp } from "../link/connect-tcp.ts";
import type { Environment } from "../link/proxy.ts";
import { openWay, type Way } from "../link/way.ts";
import { failureOf, type Log } from "../platform/log.ts";
import { admitCall } from "./admission.ts";
import { openBlobCache, type BlobCache } from "./blob-cache.ts";
import { createBlobRequests } from "./blob-requests.ts";
import { openListener, type Listener } from "./listener.ts";
import type { OwnLink } from "./own-link.ts";
import { pipeBoth } from "./pipe.ts";

export interface WaypointSettings {
  readonly listen: Pick<Address, "host" | "port">;
  /** Whether those who have no certificate yet may enrol through it. */
  readonly guests: boolean;
  /** How much it may keep of what its members are sent; 0: nothing. */
  readonly cacheBytes: number;
}

export interface WaypointNeeds {
  readonly settings: WaypointSettings;
  /** For what it keeps. */
  readonly folder: string;
  readonly environment: Environment;
  readonly log: Log;
  /** Our own servers, as people and the server name them. */
  servers(): readonly Address[];
  /** Told when it listens, or cannot. */
  told?(problem: string | undefined): void;
}

export interface Waypoint extends Disposable {
  /** Undefined until it listens. */
  readonly port: number | undefined;
  /** Members that are carried now, by their enrolments. */
  members(): readonly string[];
  /** Listens from the first link on. */
  up(link: OwnLink): Promise<void>;
  down(): void;
  /** Ends all that it carries and sends, now. */
  cut(): void;
}

const DIAL_MS = 10_000;
const MINUTE = 60_000;
const TIMES = {
  // Links are never silent for so long.
  member: { idleMs: 10 * MINUTE },
  guest: { idleMs: MINUTE, mostMs: 30 * MINUTE },
} as const;

export function createWaypoint(needs: WaypointNeeds): Waypoint {
  const { settings, folder, environment, log, servers } = needs;
  /** What is carried: whom, from where, and how to end it. */
  const carried = new Map<Socket, { readonly member: string | undefined; readonly address: string }>();
  let link: OwnLink | undefined;
  let listener: Promise<Listener> | undefined;
  let port: number | undefined;
  let over = false;
  let cache: Promise<BlobCache> | undefined;
  const blobs = createBlobRequests({
    cache: () => (cache ??= openBlobCache({ folder, mostBytes: settings.cacheBytes, now: Date.now })),
    link: () => link,
    environment,
    log,
  });

  function countOf(member: string | undefined, address: string) {
    const all = [...carried.values()];
    const guests = all.filter((one) => one.member === undefined);
    return {
      all: all.length,
      member: member === undefined ? 0 : all.filter((one) => one.member === member).length,
      guests: guests.length,
      address: guests.filter((one) => one.address === address).length,
    };
  }

  async function call(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    member: string | undefined,
  ): Promise<void> {
    socket.on("error", () => undefined);
    const own = link;
    const address = socket.remoteAddress ?? "";
    const admission = admitCall(
      { target: request.url, via: request.headers.via, member },
      {
        enrolment: own?.enrolled.enrolment ?? "",
        hasLink: own !== undefined,
        servers: servers()
          .filter(({ via }) => via !== true)
          .map(showAddress),
        guests: settings.guests,
        carried: countOf(member, address),
      },
    );
    if (admission.verdict === "refuse") {
      log.warn("waypoint.refused", { member, address, code: admission.code });
      return refuse(socket, admission.code);
    }
    // It has a place from now on, while the server is dialled.
    carried.set(socket, { member, address });
    socket.once("close", () => carried.delete(socket));
    try {
      const way = await dial(own!, admission.hops, socket);
      const hops = [own!.enrolled.enrolment, ...way.hops];
      if (socket.destroyed || over) return void way.socket.destroy();
      log.info("waypoint.carries", { member, address, hops });
      socket.write(`HTTP/1.1 200 Connected\r\nVia: ${showHops(hops)}\r\n\r\n`);
      if (head.length > 0) way.socket.write(head);
      pipeBoth(socket, way.socket, member === undefined ? TIMES.guest : TIMES.member, () =>
        log.info("waypoint.carried", { member, address }),
      );
    } catch (error) {
      const { code, message } = failureOf(error);
      log.warn("waypoint.no-way", { member, address, code, message });
      refuse(socket, code === "waypoint.loop" ? code : "waypoint.no-link");
    }
  }

  async function dial({ address, enrolled, key }: OwnLink, hops: readonly string[], caller: Socket): Promise<Way> {
    const limit = new AbortController();
    const stop = (): void => limit.abort();
    const timer = setTimeout(stop, DIAL_MS);
    caller.once("close", stop);
    try {
      const { ca, certificate } = enrolled;
      const way = await openWay({ address, environment, ca, certificate, key, hops }, limit.signal);
      return way ?? { socket: await connectTcp(address, `the server ${showAddress(address)}`, limit.signal), hops: [] };
    } finally {
      clearTimeout(timer);
      caller.off("close", stop);
    }
  }

  return {
    get port() {
      return port;
    },
    members: () => [...new Set([...carried.values()].flatMap(({ member }) => member ?? []))],
    async up(now) {
      link = now;
      const { ca, certificate } = now.enrolled;
      const membership = { ca, certificate, key: now.key };
      if (listener === undefined) {
        listener = openListener({
          listen: settings.listen,
          membership,
          call: (...asked) => void call(...asked),
          request: (...asked) => void blobs.answer(...asked),
        });
        try {
          ({ port } = await listener);
          log.info("waypoint.open", { host: settings.listen.host, port });
          needs.told?.(undefined);
          if (over) (await listener).close();
        } catch (error) {
          // Somebody else may have the port: the next link is the next attempt.
          listener = undefined;
          const failure = failureOf(error);
          log.error("waypoint.not-open", failure);
          needs.told?.(failure.message);
        }
      } else {
        (await listener).renew(membership);
      }
    },
    down() {
      link = undefined;
    },
    cut() {
      void listener?.then((open) => open.cut());
    },
    [Symbol.dispose]() {
      over = true;
      link = undefined;
      void listener?.then((open) => open.close());
      void cache?.then((open) => open[Symbol.dispose]());
      blobs[Symbol.dispose]();
      for (const socket of carried.keys()) socket.destroy();
    },
  };
}

function refuse(socket: Socket, code: FailureCode): void {
  const { status } = failures[code];
  const body = `${failures[code].means} (${code})\n`;
  const head = [
    `HTTP/1.1 ${status} Refused`,
    `${WAYPOINT_FAILURE}: ${code}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  // Who does not take the answer gets no more of our time.
  setTimeout(() => socket.destroy(), 2_000).unref();
}
