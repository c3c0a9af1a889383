/**
 * Polo: answers questions on UDP 1337. One socket to each grid's address, as the original has it, so that the grid a
 * question was sent to is known; and one to each address of this machine, for Services, which asks one node alone.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  MARCO_GROUPS,
  MARCO_PORT,
  MAX_MARCO_BYTES,
  parseQuestion,
  writeAnswer,
  type Answer,
  type PublishedService,
  type Question,
  type Scalars,
} from "@atalaya/protocol/marcopolo";
import { failureOf, type Log } from "../platform/log.ts";
import { answerBudget } from "./budget.ts";
import type { Catalogue } from "./catalogue.ts";
import { ownNetworks } from "./on-link.ts";

export interface ResponderNeeds {
  readonly catalogue: Catalogue;
  /** What Polo says of this machine. */
  readonly params: () => Scalars;
  /** Whether to answer who is not a neighbour: across routers, and for whoever forges an address. */
  readonly beyondNeighbours: () => boolean;
  readonly log: Log;
  readonly now: () => number;
}

const NETWORKS_EVERY_MS = 15_000;
/** A grid that answers in the same instant drowns the asker (C-5); the original's askers wait a second. */
const SPREAD_MS = 100;

/** Throws with code EADDRINUSE when another program holds the port: that is a polod, and it stays. */
export async function openResponder(needs: ResponderNeeds): Promise<AsyncDisposable> {
  const { catalogue, log, now } = needs;
  const budget = answerBudget({ now, perSource: 40, inAll: 400, everyMs: 1_000 });
  await using undo = new AsyncDisposableStack();
  const grids: { readonly group: string; readonly socket: Socket; joined: Set<string> }[] = [];
  const own = new Map<string, Socket>();
  const delays = new Set<NodeJS.Timeout>();
  let networks = ownNetworks();

  async function answerTo(question: Question, group: string): Promise<Answer | undefined> {
    switch (question.kind) {
      case "marco":
        return { kind: "polo", params: needs.params() };
      case "request-for": {
        const params = await catalogue.find(group, question.service);
        return params === undefined ? undefined : { kind: "ok", params };
      }
      case "services":
        return { kind: "services", services: fitting(await catalogue.list(group)) };
    }
  }

  function listen(socket: Socket, group: string, spreadMs: number): void {
    socket.on("message", (datagram, { address, port }) => {
      const question = parseQuestion(datagram);
      if (question === undefined) return;
      if (!networks.includes(address) && !needs.beyondNeighbours()) return;
      if (!budget.take(address)) return;
      const delay = setTimeout(() => {
        delays.delete(delay);
        void answerTo(question, group)
          .then((answer) => {
            if (answer !== undefined) socket.send(writeAnswer(answer), port, address, () => undefined);
          })
          .catch((error: unknown) => log.warn("marcopolo.not-answered", failureOf(error)));
      }, Math.random() * spreadMs);
      delays.add(delay);
    });
    socket.on("error", (error) => log.warn("marcopolo.socket", failureOf(error)));
  }

  async function bound(address: string): Promise<Socket> {
    const socket = createSocket({ type: "udp4" });
    undo.defer(() => close(socket));
    socket.bind({ port: MARCO_PORT, address });
    await once(socket, "listening");
    socket.unref();
    return socket;
  }

  /** Cards come and go. */
  async function follow(): Promise<void> {
    networks = ownNetworks();
    for (const { socket, group, joined } of grids) {
      for (const address of networks.addresses) {
        if (joined.has(address)) continue;
        try {
          socket.addMembership(group, address);
          joined.add(address);
        } catch (error) {
          log.warn("marcopolo.not-joined", { group, address, ...failureOf(error) });
        }
      }
      for (const address of joined) if (!networks.addresses.includes(address)) joined.delete(address);
    }
    for (const [address, socket] of own) {
      if (networks.addresses.includes(address)) continue;
      own.delete(address);
      close(socket);
    }
    for (const address of networks.addresses) {
      if (own.has(address)) continue;
      try {
        const socket = await bound(address);
        own.set(address, socket);
        listen(socket, MARCO_GROUPS[0], 0);
      } catch (error) {
        log.warn("marcopolo.not-bound", { address, ...failureOf(error) });
      }
    }
  }

  for (const group of MARCO_GROUPS) {
    const socket = await bound(group);
    grids.push({ group, socket, joined: new Set() });
    listen(socket, group, SPREAD_MS);
  }
  await follow();
  let following = Promise.resolve();
  const timer = setInterval(() => {
    following = following.then(follow);
  }, NETWORKS_EVERY_MS);
  timer.unref();
  undo.defer(async () => {
    clearInterval(timer);
    for (const delay of delays) clearTimeout(delay);
    await following;
  });
  return undo.move();
}

/** Askers read one datagram of 4096 bytes: the list ends where it would not fit. */
function fitting(services: readonly PublishedService[]): readonly PublishedService[] {
  let count = services.length;
  while (Buffer.byteLength(writeAnswer({ kind: "services", services: services.slice(0, count) })) > MAX_MARCO_BYTES) {
    count -= 1;
  }
  return services.slice(0, count);
}

function close(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // Never opened, or closed already.
  }
}
