import { showAddress, type Address } from "./addresses.ts";
import { isWell } from "./health.ts";
import { LinkEnd } from "./link-end.ts";
import type { WayDial } from "./way.ts";

const PREFER_EVERY_MS = 2 * 60_000;
/** One that comes and goes is not gone back to. */
const WELL_TIMES = 2;

/** While we are at a server that is not the first choice, looks now and then whether a better one answers. Returns how it stops. */
export function seekPreferred(
  who: Omit<WayDial, "address">,
  preferred: readonly Address[],
  close: (end: LinkEnd) => void,
  everyMs = PREFER_EVERY_MS,
): () => void {
  if (preferred.length === 0) return () => undefined;
  const times = new Map<string, number>();
  const look = async (): Promise<void> => {
    for (const address of preferred) {
      const name = showAddress(address);
      const isNow = await isWell({ ...who, address });
      times.set(name, isNow ? (times.get(name) ?? 0) + 1 : 0);
      if (times.get(name)! >= WELL_TIMES) return close(new LinkEnd("link.preferred", `${name} is well again`));
    }
  };
  const timer = setInterval(() => void look(), everyMs * (0.8 + 0.4 * Math.random()));
  timer.unref();
  return () => clearInterval(timer);
}
