/** Rounds of Marco: who is in the grids, and what they publish. */
import { scalarsOf, type Answer, type PublishedService } from "@atalaya/protocol/marcopolo";
import type { Discovery, Sighting } from "../../domain/discovery/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { repeat } from "../../platform/repeat.ts";
import { ask } from "./ask.ts";

/** What the ancestors publish: old nodes can only be asked service by service. */
const KNOWN_SERVICES = ["deployer", "receiver", "statusmonitor"];
const ANSWER_MS = 1_500;
/** Services change seldom, and each is a question to everybody. */
const SERVICES_EVERY = 6;
/** What is not answered three times has left. */
const SILENT_ROUNDS = 3.5;

export interface MarcoPoloNeeds {
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two rounds. */
  readonly roundMs: number;
}

/** Looks at once and then again and again, until it is disposed. */
export function watchMarcoPolo({ discovery, clock, log, roundMs }: MarcoPoloNeeds): AsyncDisposable {
  let round = 0;
  const published = new Map<string, readonly PublishedService[]>();

  async function look(): Promise<void> {
    const polos = ask({ question: { kind: "marco" }, timeoutMs: ANSWER_MS });
    const services = round % SERVICES_EVERY === 0 ? Promise.all(KNOWN_SERVICES.map(offering)) : undefined;
    round += 1;
    const answers = await polos;
    const offered = await services;
    if (offered !== undefined) published.clear();
    for (const [id, nodes] of offered ?? []) {
      for (const [address, answer] of nodes) {
        const params = answer.kind === "ok" ? answer.params : {};
        published.set(address, [...(published.get(address) ?? []), { id, params }]);
      }
    }
    const sightings = [...answers].flatMap(([address, answer]) => sightingOf(address, answer));
    await discovery.seen("marcopolo", sightings, roundMs * SILENT_ROUNDS);
  }

  async function offering(service: string): Promise<readonly [string, ReadonlyMap<string, Answer>]> {
    return [service, await ask({ question: { kind: "request-for", service }, timeoutMs: ANSWER_MS })];
  }

  function sightingOf(address: string, answer: Answer): readonly Sighting[] {
    if (answer.kind !== "polo") return [];
    const { hostname, atalaya } = scalarsOf(answer.params);
    const own = typeof atalaya === "string" ? [{ id: "atalaya", params: { version: atalaya } }] : [];
    return [
      {
        address,
        ...(typeof hostname === "string" && hostname !== "" ? { name: hostname.slice(0, 253) } : {}),
        services: [...own, ...(published.get(address) ?? [])],
      },
    ];
  }

  const failed = (err: unknown): void => log.warn({ err }, "cannot look for MarcoPolo nodes");
  const first = look().catch(failed);
  const later = repeat({ clock, everyMs: roundMs, act: look, failed });
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([first, later[Symbol.asyncDispose]()]);
    },
  };
}
