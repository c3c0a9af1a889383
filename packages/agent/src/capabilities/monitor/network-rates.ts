/** How fast bytes go through the cards, between one look and the next. */
import { isCounted, type Sample } from "@atalaya/protocol";
import type { MachineFiles } from "./machine-files.ts";
import { parseNetworks, type NetworkCount } from "./proc.ts";

export interface NetworkRates {
  /** Card by card, since they were asked for last. */
  cards(): Sample["networks"];
  /** Of all that count, since it was asked for last; null at the first time, and when a counter began anew or a card went away. */
  traffic(): { readonly rx: number | null; readonly tx: number | null };
}

export function networkRates({ text }: MachineFiles): NetworkRates {
  let traffic: { readonly at: number; readonly rx: number; readonly tx: number } | undefined;
  let networks: { readonly at: number; readonly counts: ReadonlyMap<string, NetworkCount> } | undefined;
  return {
    cards() {
      const source = text("proc/net/dev");
      if (source === undefined) return undefined;
      const at = performance.now();
      const counts = parseNetworks(source);
      const before = networks;
      networks = { at, counts: new Map(counts.map((count) => [count.name, count])) };
      return counts.map(({ name, rx, tx }) => {
        const old = before?.counts.get(name);
        const seconds = before === undefined ? 0 : (at - before.at) / 1000;
        const known = old !== undefined && seconds > 0 && rx >= old.rx && tx >= old.tx;
        const rates = known
          ? {
              rxBytesPerSecond: Math.round((rx - old.rx) / seconds),
              txBytesPerSecond: Math.round((tx - old.tx) / seconds),
            }
          : {};
        return { name, ...rates, rxBytes: rx, txBytes: tx };
      });
    },
    traffic() {
      const source = text("proc/net/dev");
      if (source === undefined) return { rx: null, tx: null };
      const counts = parseNetworks(source).filter(isCounted);
      const sum = (pick: (count: NetworkCount) => number): number => counts.reduce((all, one) => all + pick(one), 0);
      const now = { at: performance.now(), rx: sum(({ rx }) => rx), tx: sum(({ tx }) => tx) };
      const before = traffic;
      traffic = now;
      const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
      if (before === undefined || seconds <= 0 || now.rx < before.rx || now.tx < before.tx)
        return { rx: null, tx: null };
      return { rx: Math.round((now.rx - before.rx) / seconds), tx: Math.round((now.tx - before.tx) / seconds) };
    },
  };
}
