/** One mDNS socket (RFC 6762) for each network card of this machine: a socket sends its multicasts by one card only. */
import { networkInterfaces } from "node:os";
import multicastDns, { type MulticastDNS } from "multicast-dns";

export interface Card {
  readonly address: string;
  readonly dns: MulticastDNS;
}

export interface Cards extends Disposable {
  /** Opens sockets for cards that came and closes those of cards that went. */
  follow(): readonly Card[];
}

export function openCards(needs: {
  readonly opened: (card: Card) => void;
  readonly failed: (error: Error) => void;
}): Cards {
  const open = new Map<string, Card>();
  const close = (address: string): void => {
    open.get(address)?.dns.destroy();
    open.delete(address);
  };
  return {
    follow() {
      const addresses = Object.values(networkInterfaces()).flatMap((cards) =>
        (cards ?? []).flatMap(({ family, internal, address }) => (family === "IPv4" && !internal ? [address] : [])),
      );
      for (const address of open.keys()) if (!addresses.includes(address)) close(address);
      for (const address of addresses) {
        if (open.has(address)) continue;
        // Bound to all: a socket bound to a card's own address would get no multicasts.
        const dns = multicastDns({ interface: address, bind: "0.0.0.0" });
        // Strangers send what cannot be read: a warning is no event. An error means the port cannot be had.
        dns.on("warning", () => undefined);
        dns.on("error", (error) => {
          close(address);
          needs.failed(error);
        });
        const card = { address, dns };
        open.set(address, card);
        needs.opened(card);
      }
      return [...open.values()];
    },
    [Symbol.dispose]() {
      for (const address of [...open.keys()]) close(address);
    },
  };
}
