import { keepLatest } from "../../platform/latest.ts";
import { Resolver } from "node:dns/promises";
import type { Clock } from "../../platform/clock.ts";

export type ReverseLookup = (address: string) => Promise<readonly string[]>;

interface HostNamesNeeds {
  readonly clock: Clock;
  readonly lookup?: ReverseLookup;
  readonly deadlineMs?: number;
  readonly keepMs?: number;
  readonly capacity?: number;
}

/** What addresses are called, by reverse look-up: a claim of whoever runs that zone, good for display only. */
export type HostNames = (address: string) => Promise<string | undefined>;

/** Cached, also that there is no name; a name server that does not answer costs nobody more than the deadline. */
export function createHostNames(needs: HostNamesNeeds): HostNames {
  const { clock, lookup = systemLookup(), deadlineMs = 1_000, keepMs = 10 * 60_000, capacity = 10_000 } = needs;
  const cache = new Map<string, { readonly name: Promise<string | undefined>; readonly until: number }>();
  return (address) => {
    const known = cache.get(address);
    if (known !== undefined && known.until > clock.now()) return known.name;
    const name = beforeDeadline(clock, deadlineMs, lookup(address));
    keepLatest(cache, address, { name, until: clock.now() + keepMs }, capacity);
    return name;
  };
}

function systemLookup(): ReverseLookup {
  const resolver = new Resolver({ timeout: 500, tries: 2 });
  return (address) => resolver.reverse(address);
}

function beforeDeadline(clock: Clock, ms: number, names: Promise<readonly string[]>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const deadline = clock.after(ms, () => resolve(undefined));
    names
      .then(
        (found) => resolve(found[0]),
        () => resolve(undefined),
      )
      .finally(() => deadline[Symbol.dispose]());
  });
}
