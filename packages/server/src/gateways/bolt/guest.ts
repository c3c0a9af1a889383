/** One agent that is there: it is polled, its status told, and its host online, until its connection ends. */
import { randomUUID } from "node:crypto";
import type { FailureCode } from "@atalaya/protocol";
import type { DirectoryHost, FleetRoom, HostKey } from "../../domain/fleet/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { BoltEnd } from "./bolt.ts";
import { digestOf, factsOf } from "./facts.ts";
import { askStatus, keepAsking, type Reach } from "./poll.ts";

/** Where the gateway leaves what agents say of themselves. */
export interface StatusSink {
  /** The whole status as the agent says it, in the words of its protocol. */
  put(host: HostKey, status: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface GuestNeeds {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly address: string;
  readonly via?: string;
  readonly reach: Reach;
  readonly ended: Promise<BoltEnd>;
  /** Looked at before each poll; a reason ends the connection. */
  readonly stillWelcome?: () => string | undefined;
  readonly dismiss: (end: BoltEnd) => void;
}

export interface Guest {
  readonly name: string;
  readonly via: string | undefined;
  readonly reach: Reach;
  /** Absent until it is known which host it is. */
  readonly host: HostKey | undefined;
  /** Resolves when the fleet knows it, or never will. */
  readonly entered: Promise<void>;
  /** Resolves when it has gone and the fleet knows. */
  readonly over: Promise<void>;
  dismiss(end: BoltEnd): void;
  /** Ends it if it may no longer come in. */
  review(): void;
  /** Another connection of its name has come: its host is not offline in between. */
  yieldTo(newer: Pick<Guest, "entered">): void;
}

export interface GuestWorld {
  readonly fleet: Pick<FleetRoom, "enter" | "leave" | "learn" | "byKey" | "fresh">;
  readonly status?: StatusSink;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs: number;
  /** A new host waits so long for its agent to say what it is called. */
  readonly namingMs?: number;
}

const NAMING_MS = 5_000;

/** What keeps out every door of a host, once somebody has decided it: a failure's code. Pure. */
export function banOf({ state, isBarred }: Pick<DirectoryHost, "state" | "isBarred">): FailureCode | undefined {
  if (state === "quarantined") return "link.quarantined";
  // Until an agent of ours is enrolled there anew.
  return isBarred ? "certificate.revoked" : undefined;
}

export function attend(
  needs: GuestNeeds,
  { fleet, status, clock, log, pollMs, namingMs = NAMING_MS }: GuestWorld,
): Guest {
  const { name, address, via, reach } = needs;
  const session = randomUUID();
  const over = new AbortController();
  const named = Promise.withResolvers<void>();
  let host: HostKey | undefined;
  let latest: Readonly<Record<string, unknown>> | undefined;
  let knownFacts = "";
  let failures = 0;
  let successor: Promise<void> | undefined;

  async function tell(): Promise<void> {
    if (host === undefined || latest === undefined) return;
    // Whatever it says: one that took another's id would stand in its place.
    await status?.put(host, { ...latest, id: name });
    // Our own agent knows better what the machine is.
    if (fleet.byKey(host)?.agent !== undefined) return;
    const facts = factsOf(latest);
    const digest = digestOf(facts);
    if (digest === knownFacts) return;
    await fleet.learn(host, facts, digest);
    knownFacts = digest;
  }

  /** Whether it stays. */
  function review(): boolean {
    const known = host === undefined ? undefined : fleet.byKey(host);
    const unwelcome = needs.stillWelcome?.() ?? (known === undefined ? undefined : banOf(known));
    if (unwelcome === undefined) return true;
    if (!over.signal.aborted) {
      log.warn({ name, host: known?.id, code: unwelcome }, "cut a bolt off: it may no longer come in");
      needs.dismiss({ reason: unwelcome, message: "it may no longer come in" });
    }
    return false;
  }

  async function poll(): Promise<void> {
    if (!review()) return;
    try {
      latest = await askStatus(reach, over.signal);
      if (failures > 0) log.info({ name, failures }, "a bolt tells its status again");
      failures = 0;
      named.resolve();
      await tell();
    } catch (err) {
      if (over.signal.aborted) return;
      failures += 1;
      named.resolve();
      // Once, not every 15 s.
      if (failures === 1) log.warn({ err, name }, "a bolt does not tell its status");
    }
  }

  async function enter(): Promise<void> {
    const late = clock.after(namingMs, named.resolve);
    await named.promise;
    late[Symbol.dispose]();
    if (over.signal.aborted) return;
    const hostname = latest === undefined ? undefined : factsOf(latest).hostname;
    const entrance = await fleet.enter({
      ...{ door: "bolt", name, aliases: needs.aliases, session, address, at: clock.now() },
      ...(via === undefined ? {} : { via }),
      ...(hostname === undefined ? {} : { hostname }),
    });
    host = entrance.host;
    await fleet.fresh();
    if (!review()) return;
    log.info({ name, address, via, host: fleet.byKey(host)?.id, verdict: entrance.verdict }, "a bolt came in");
    await tell().catch((err: unknown) => log.warn({ err, name }, "a bolt's status could not be kept"));
  }

  const polling = keepAsking({ clock, everyMs: pollMs, signal: over.signal }, poll);
  const entering = enter().catch((err: unknown) => {
    log.error({ err, name }, "a bolt could not be let in");
    needs.dismiss({ reason: "server.internal", message: "it could not be let in" });
  });
  async function leave(): Promise<void> {
    const { reason, message } = await needs.ended;
    over.abort();
    named.resolve();
    await Promise.all([polling, entering]);
    await successor;
    if (host === undefined) return;
    log.info({ name, reason, message }, "a bolt went away");
    await fleet
      .leave({ door: "bolt", name, session, reason, at: clock.now() })
      .catch((err: unknown) => log.error({ err, name }, "the end of a bolt could not be kept"));
  }

  return {
    name,
    via,
    reach,
    get host() {
      return host;
    },
    entered: entering,
    over: leave(),
    dismiss: needs.dismiss,
    review: () => void review(),
    yieldTo: (newer) => void (successor = newer.entered),
  };
}
