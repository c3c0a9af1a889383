/** Passes and stays, in memory: after a restart of the server a browser comes back by the console. */
import { createHash, randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { credentialOf, type Actor } from "../../../api/actor.ts";
import type { EndedCredentials } from "../../../api/watch-credentials.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { RelayTarget } from "../road.ts";

/** What a browser may see at an origin: as long as who opened it may. */
export interface Stay {
  readonly label: string;
  /** The host's id. */
  readonly host: string;
  readonly target: RelayTarget;
  readonly actor: Actor;
}

export interface StaysNeeds {
  readonly clock: Clock;
  readonly ended: EndedCredentials;
}

export interface Stays {
  /** A pass: good once, and not for long. */
  invite(stay: Stay, path: string): { readonly pass: string; readonly expiresAt: number };
  /** Turns a pass into a stay. Throws `identity.invalid`. */
  enter(pass: string, label: string): { readonly cookie: string; readonly path: string };
  /** Throws `identity.*` when there is none, or its opener's session or token has ended. */
  find(cookie: string | undefined, label: string): Promise<Stay>;
}

const PASS_MS = 60_000;
const STAY_MS = 12 * 3_600_000;
const MOST_PER_ACTOR = 200;
/** So long what is known of a session is believed; open connections are cut by their visit's own watch. */
const BELIEVED_MS = 1_000;

export function createStays({ clock, ended }: StaysNeeds): Stays {
  const passes = new Map<string, { readonly stay: Stay; readonly path: string; readonly expiresAt: number }>();
  const stays = new Map<string, { readonly stay: Stay; readonly expiresAt: number }>();
  const known = new Map<string, number>();

  const secret = (): string => randomBytes(32).toString("base64url");

  /** What has expired goes, and of one actor's too many the oldest. */
  function tidy<One extends { readonly stay: Stay; readonly expiresAt: number }>(
    all: Map<string, One>,
    by: Actor,
  ): void {
    const now = clock.now();
    for (const [key, { expiresAt }] of all) if (expiresAt <= now) all.delete(key);
    const own = [...all].filter(([, { stay }]) => stay.actor.name === by.name);
    for (const [key] of own.slice(0, Math.max(0, own.length + 1 - MOST_PER_ACTOR))) all.delete(key);
  }

  async function checkHolds(actor: Actor): Promise<void> {
    const credential = credentialOf(actor);
    const now = clock.now();
    if (credential === undefined || now - (known.get(credential) ?? -Infinity) < BELIEVED_MS) return;
    const end = (await ended([credential])).get(credential);
    if (end === undefined) {
      for (const [id, at] of known) if (now - at >= BELIEVED_MS) known.delete(id);
      known.set(credential, now);
      return;
    }
    for (const [key, { stay }] of stays) if (credentialOf(stay.actor) === credential) stays.delete(key);
    throw new AtalayaError(end.code, end.message, { next: "Sign in to the console, and open the service again." });
  }

  return {
    invite(stay, path) {
      tidy(passes, stay.actor);
      const pass = secret();
      const expiresAt = clock.now() + PASS_MS;
      passes.set(hashOf(pass), { stay, path, expiresAt });
      return { pass, expiresAt };
    },
    enter(pass, label) {
      const key = hashOf(pass);
      const invited = passes.get(key);
      passes.delete(key);
      if (invited === undefined || invited.expiresAt <= clock.now() || invited.stay.label !== label) throw closed();
      const { stay, path } = invited;
      tidy(stays, stay.actor);
      const cookie = secret();
      stays.set(hashOf(cookie), { stay, expiresAt: clock.now() + STAY_MS });
      return { cookie, path };
    },
    async find(cookie, label) {
      const found = cookie === undefined ? undefined : stays.get(hashOf(cookie));
      if (found === undefined || found.expiresAt <= clock.now() || found.stay.label !== label) throw closed();
      await checkHolds(found.stay.actor);
      return found.stay;
    },
  };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function closed(): AtalayaError {
  return new AtalayaError("identity.missing", "This service is not open for this browser.", {
    next: "Open it from the host's page in the console.",
  });
}
