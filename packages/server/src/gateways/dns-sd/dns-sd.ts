/** DNS-SD: agents find this server by it, and machines that present themselves are seen. */
import { hostname } from "node:os";
import type { Discovery, Sighting } from "../../domain/discovery/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { repeat } from "../../platform/repeat.ts";
import { answersTo } from "./answers.ts";
import { openCards } from "./cards.ts";
import { BROWSED, sightingOf } from "./sightings.ts";

const ROUND_MS = 30_000;
const FIRST_MS = 2_000;
const MAX_SIGHTINGS = 8_192;
/** What is not answered three times has left. */
const SILENT_ROUNDS = 3.5;

export interface DnsSdNeeds {
  readonly discovery: Discovery;
  /** Where agents reach this server. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
}

export function presentByDnsSd({ discovery, port, clock, log }: DnsSdNeeds): AsyncDisposable {
  const name = hostname().split(".", 1)[0] || "atalaya";
  const round = new Map<string, Sighting>();
  let complained = false;

  const cards = openCards({
    opened({ address, dns }) {
      dns.on("query", ({ questions = [] }) => {
        const answers = answersTo(questions, { name, port, address });
        if (answers.length > 0) dns.respond([...answers]);
      });
      dns.on("response", ({ answers = [], additionals = [] }, { address: from }) => {
        const sighting = sightingOf(from, [...answers, ...additionals]);
        if (sighting === undefined || (round.size >= MAX_SIGHTINGS && !round.has(from))) return;
        const before = round.get(from)?.services ?? [];
        const services = [...new Map([...before, ...sighting.services].map((each) => [each.id, each])).values()];
        round.set(from, { ...sighting, services: services.toSorted((a, b) => (a.id < b.id ? -1 : 1)) });
      });
    },
    failed(err) {
      if (!complained) log.warn({ err }, "cannot use mDNS: another program holds port 5353 for itself");
      complained = true;
    },
  });

  function query(): void {
    const questions = BROWSED.map((service) => ({ name: service, type: "PTR" as const }));
    for (const { dns } of cards.follow()) dns.query(questions);
  }

  /** What came since the last question, however late. */
  async function look(): Promise<void> {
    const sightings = [...round.values()];
    round.clear();
    query();
    await discovery.seen("dns-sd", sightings, ROUND_MS * SILENT_ROUNDS);
  }

  const failed = (err: unknown): void => log.warn({ err }, "cannot browse DNS-SD");
  query();
  const soon = clock.after(FIRST_MS, () => void look().catch(failed));
  const later = repeat({ clock, everyMs: ROUND_MS, act: look, failed });
  return {
    async [Symbol.asyncDispose]() {
      soon[Symbol.dispose]();
      await later[Symbol.asyncDispose]();
      cards[Symbol.dispose]();
    },
  };
}
