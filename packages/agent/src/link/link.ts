/**
 * Words. The *link* is the one connection this agent keeps dialling. A *round* tries every server once; between rounds
 * it waits. *Dormant* is an agent that was told not to come back with this identity: it waits for a new one.
 */
import { X509Certificate } from "node:crypto";
import { AtalayaError, type AgentFrame, type Hello, type ServerFrame, type Welcome } from "@atalaya/protocol";
import type { Enrolled, IdentityFiles } from "../enrol/identity.ts";
import { failureOf, type Log } from "../platform/log.ts";
import type { Outlet } from "../runs/outlet.ts";
import type { TicketGround } from "../tickets/tickets.ts";
import { parseAddress, showAddress, type Address } from "./addresses.ts";
import { drainWait, nextWait, reconnectBackoff, type Backoff } from "./backoff.ts";
import { connectLink, type Connection } from "./connection.ts";
import { groundOf } from "./ground.ts";
import { LinkEnd } from "./link-end.ts";
import { seekPreferred } from "./preferred.ts";
import type { Environment } from "./proxy.ts";
import { inTurn, nextServer, preferredTo, withServers, type Strategy } from "./servers.ts";
import type { SessionTickets } from "./session-tickets.ts";
import { pause } from "../platform/pause.ts";

export interface LinkState {
  readonly state: "connecting" | "connected" | "waiting" | "dormant" | "stopped";
  readonly server?: string;
  readonly reason?: { readonly code: string; readonly message: string };
  readonly resumed?: boolean;
}

type Told = Extract<
  ServerFrame,
  {
    readonly type:
      | "start"
      | "cancel"
      | "settled"
      | "output-committed"
      | "want-facts"
      | "want-status"
      | "certificate"
      | "open-stream"
      | "monitor";
  }
>;

export interface LinkNeeds {
  readonly identity: IdentityFiles;
  readonly tickets: SessionTickets;
  readonly environment: Environment;
  readonly log: Log;
  /** Overrides the servers that the identity names. */
  readonly servers?: readonly Address[];
  readonly backoff?: Backoff;
  readonly connectTimeoutMs?: number;
  /** Among several servers; absent: `priority`. */
  readonly strategy?: Strategy;
  /** How often a preferred server is asked whether it is well while at another. */
  readonly preferEveryMs?: number;
  hello(more: { readonly epoch: number; readonly slot?: number; readonly via: readonly string[] }): Hello;
  up(link: Up): Promise<void>;
  frame(frame: Told, up: Up): void;
  down(): void;
  /** The server has said that this host must not come in: never again, or not until a person has looked at it. */
  barred(): void;
  room(): void;
  state(state: LinkState): void;
  /** The certificate is out of time: asks for another over the public door. */
  reenrol(enrolled: Enrolled): Promise<Enrolled>;
  /** Resolves when the identity may be another one. */
  identityChanged(signal: AbortSignal): Promise<void>;
}

/** A link that is welcomed. */
export interface Up {
  readonly outlet: Outlet;
  readonly hello: Hello;
  readonly welcome: Welcome;
  readonly ground: TicketGround;
  readonly enrolled: Enrolled;
  readonly address: Address;
  send(frame: AgentFrame): void;
  close(end: LinkEnd): void;
}

const CONNECT_TIMEOUT_MS = 15_000;
const RENEWABLE: readonly string[] = ["certificate.expired", "certificate.unknown", "certificate.superseded"];

/** Keeps a link until the signal comes. */
export async function keepLink(needs: LinkNeeds, signal: AbortSignal): Promise<void> {
  const failures = new Map<string, number>();
  let roundBegan = performance.now();
  let lastWait: number | undefined;
  let slot: number | undefined;
  let left: Address | undefined;
  const { strategy = "priority" } = needs;
  while (!signal.aborted) {
    const enrolled = await needs.identity.enrolled();
    if (enrolled === undefined) throw new AtalayaError("enrolment.unknown", "this agent has not joined a server");
    // A server's TLS may refuse it before anybody can say why.
    if (Date.parse(new X509Certificate(enrolled.certificate).validTo) < Date.now() && (await reenrolled())) continue;
    const known = needs.servers ?? enrolled.servers.map(parseAddress);
    const servers = inTurn(known, { strategy, left, name: enrolled.enrolment });
    const address = nextServer(servers, failures, roundBegan);
    if (address === undefined) {
      lastWait = nextWait(needs.backoff ?? reconnectBackoff, lastWait, Math.random());
      await pause(lastWait, signal);
      roundBegan = performance.now();
      continue;
    }
    const end = await once(needs, { enrolled, address, servers, slot }, signal);
    if (signal.aborted) break;
    if (end.wasUp) {
      lastWait = undefined;
      failures.clear();
      // A renewed certificate is no reason to go elsewhere.
      left = end.code === "certificate.renewed" ? left : address;
    }
    slot = end.slot ?? slot;
    failures.set(showAddress(address), performance.now());
    needs.log.warn("link.down", { server: showAddress(address), code: end.code, message: end.message });
    needs.state({ state: "waiting", server: showAddress(address), reason: { code: end.code, message: end.message } });
    await afterwards(end);
  }
  needs.state({ state: "stopped" });

  async function afterwards(end: End): Promise<void> {
    // Through another of our servers, in the same round.
    if (end.code === "waypoint.barred") return;
    if (end.code === "link.quarantined") needs.barred();
    if (end.code === "certificate.renewed" || end.code === "link.preferred") {
      failures.clear();
    } else if (RENEWABLE.includes(end.code) && (await reenrolled())) {
      failures.clear();
    } else if (end.retryAfterMs === null) {
      needs.state({ state: "dormant", reason: { code: end.code, message: end.message } });
      needs.log.error("link.dormant", { code: end.code, message: end.message });
      needs.barred();
      await needs.identityChanged(signal);
    } else if (end.retryAfterMs !== undefined) {
      await pause(drainWait(end.retryAfterMs, Math.random()), signal);
    } else {
      // The link broke: others lost theirs at the same moment, so wait before the first attempt too.
      if (end.wasUp)
        await pause((lastWait = nextWait(needs.backoff ?? reconnectBackoff, undefined, Math.random())), signal);
      else return;
    }
    roundBegan = performance.now();
  }

  async function reenrolled(): Promise<boolean> {
    const enrolled = await needs.identity.enrolled();
    if (enrolled === undefined) return false;
    try {
      const renewed = await needs.reenrol(enrolled);
      return renewed.certificate !== enrolled.certificate;
    } catch (error) {
      needs.log.warn("enrolment.failed", failureOf(error));
      return false;
    }
  }
}

interface Attempt {
  readonly enrolled: Enrolled;
  readonly address: Address;
  readonly servers: readonly Address[];
  readonly slot: number | undefined;
}

interface End {
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number | null | undefined;
  readonly slot?: number | undefined;
  readonly wasUp: boolean;
}

/** Dials one server and stays until that link ends. */
async function once(
  needs: LinkNeeds,
  { enrolled, address, servers, slot }: Attempt,
  signal: AbortSignal,
): Promise<End> {
  const { identity, tickets } = needs;
  let connection: Connection | undefined;
  let up: Up | undefined;
  let hello: Hello | undefined;
  let over = false;
  const cleanups: (() => void)[] = [];
  try {
    needs.state({ state: "connecting", server: showAddress(address) });
    const epoch = await identity.epoch();
    const session = tickets.of(address, enrolled.certificate);
    const who = {
      environment: needs.environment,
      ca: enrolled.ca,
      certificate: enrolled.certificate,
      key: await identity.keyPem(),
      hops: [enrolled.enrolment],
    };
    const dial = {
      ...who,
      address,
      ...(session === undefined ? {} : { session }),
      onSession: (fresh: Buffer) => tickets.keep(address, enrolled.certificate, fresh),
    };
    let close: (end: LinkEnd) => void = () => undefined;
    connection = await connectLink({
      dial,
      connectTimeoutMs: needs.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      hello: (via) => (hello = needs.hello({ epoch, via, ...(slot === undefined ? {} : { slot }) })),
      welcomed: async (welcome, outlet) => {
        const ground = await groundOf(welcome, enrolled, epoch, identity);
        if (welcome.servers !== undefined && welcome.servers.length > 0)
          await keepServers(identity, enrolled, welcome.servers);
        // It may have ended while its epoch was being written: nobody would tell of its end any more.
        if (over) return;
        up = {
          outlet,
          hello: hello!,
          welcome,
          ground,
          enrolled,
          address,
          send: (frame) => outlet.send(frame),
          close: (end) => close(end),
        };
        await needs.up(up);
      },
      drained(frame) {
        if (frame.servers !== undefined && frame.servers.length > 0)
          void keepServers(identity, enrolled, frame.servers);
        const { afterMs: retryAfterMs, slot } = frame;
        return new LinkEnd("server.draining", "the server asked us to come back later", { retryAfterMs, slot });
      },
      frame(frame) {
        if (up !== undefined) needs.frame(frame, up);
      },
      problem: (code, message) => needs.log.warn("link.problem", { code, message }),
      room: needs.room,
    });
    close = connection.close;
    needs.log.info("link.up", { server: showAddress(address), epoch: up?.welcome.epoch, resumed: connection.resumed });
    needs.state({ state: "connected", server: showAddress(address), resumed: connection.resumed });
    const leave = (): void => close(new LinkEnd("server.draining", "the agent stops"));
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    cleanups.push(() => signal.removeEventListener("abort", leave));
    cleanups.push(seekPreferred(who, preferredTo(servers, address, needs.strategy), close, needs.preferEveryMs));
    return await connection.ended;
  } catch (error) {
    if (!(error instanceof LinkEnd)) return { ...asEnd(error), wasUp: up !== undefined };
    // A ticket that leads nowhere must not be tried again.
    if (up === undefined) tickets.drop();
    return {
      code: error.code,
      message: error.message,
      retryAfterMs: error.retryAfterMs,
      slot: error.slot,
      wasUp: up !== undefined,
    };
  } finally {
    over = true;
    for (const clean of cleanups) clean();
    if (up !== undefined) needs.down();
  }
}

function asEnd(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = failureOf(error);
  return { code: code ?? "server.internal", message };
}

async function keepServers(identity: IdentityFiles, enrolled: Enrolled, servers: readonly string[]): Promise<void> {
  const now = (await identity.enrolled()) ?? enrolled;
  const list = withServers(now.servers, servers);
  if (list.join() === now.servers.join()) return;
  await identity.keep({ ...now, servers: [...list] });
}
