import type { HostKey } from "../fleet/index.ts";
import type { Link, Links } from "../link/index.ts";
import type { Source } from "./status.ts";

/** By which link each host has confirmed its status since it came online; a foreign one by none. */
export interface Confirmations {
  confirm(host: HostKey, link: Link | undefined): void;
  /** What it told by this door is what it holds now. */
  holds(host: HostKey, source: Source): boolean;
  /** It is not online as far as the fleet knows. */
  lapse(host: HostKey): void;
  forget(host: HostKey): void;
}

const FOREIGN = Symbol("no link of ours");

export function createConfirmations(links: Pick<Links, "of">): Confirmations {
  const confirmed = new Map<HostKey, Link | typeof FOREIGN>();
  return {
    confirm: (host, link) => void confirmed.set(host, link ?? FOREIGN),
    holds(host, source) {
      const by = confirmed.get(host);
      return by !== undefined && by === (source === "bolt" ? FOREIGN : links.of(host));
    },
    lapse(host) {
      // A link may be gone and back before we hear of either.
      if (confirmed.get(host) !== links.of(host)) confirmed.delete(host);
    },
    forget: (host) => void confirmed.delete(host),
  };
}
