/** Looks for servers on the local networks by DNS-SD (RFC 6763). Whom to trust among them the join token, or the pinned CA, says: an answer proves nothing. */
import { networkInterfaces } from "node:os";
import multicastDns, { type ResponsePacket } from "multicast-dns";
import type { Address } from "../link/addresses.ts";

const SERVICE = "_atalaya._tcp.local";
const WAIT_MS = 3_000;
/** After the first answer others get this long. */
const LINGER_MS = 400;
const ASK_AGAIN_MS = 1_000;
const MOST = 16;

/** Those that answered, in that order; empty when none did in three seconds. */
export async function findServers(signal?: AbortSignal): Promise<readonly Address[]> {
  const found = new Map<string, Address>();
  const cards = Object.values(networkInterfaces()).flatMap((each) =>
    (each ?? []).flatMap(({ family, internal, address }) => (family === "IPv4" && !internal ? [address] : [])),
  );
  const sockets = cards.map((address) => multicastDns({ interface: address, bind: "0.0.0.0" }));
  try {
    await new Promise<void>((resolve) => {
      const timers = [setTimeout(resolve, WAIT_MS)];
      signal?.addEventListener("abort", () => resolve(), { once: true });
      for (const dns of sockets) {
        dns.on("warning", () => undefined).on("error", () => undefined);
        dns.on("response", (response, { address }) => {
          for (const port of portsIn(response))
            if (found.size < MOST) found.set(`${address}:${port}`, { host: address, port });
          if (found.size > 0) timers.push(setTimeout(resolve, LINGER_MS));
        });
        const ask = (): void => dns.query([{ name: SERVICE, type: "PTR" }]);
        ask();
        timers.push(setTimeout(ask, ASK_AGAIN_MS));
      }
      signal?.addEventListener("abort", () => timers.forEach(clearTimeout), { once: true });
    });
  } finally {
    for (const dns of sockets) dns.destroy();
  }
  return [...found.values()];
}

/** The ports of the service in a response. The address is the sender's own: names of `.local` resolve on few machines. */
function portsIn({ answers = [], additionals = [] }: ResponsePacket): readonly number[] {
  return [...answers, ...additionals].flatMap((record) =>
    record.type === "SRV" && record.name.toLowerCase().endsWith(`.${SERVICE}`) ? [record.data.port] : [],
  );
}
