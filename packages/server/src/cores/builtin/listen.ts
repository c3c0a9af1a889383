import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { AtalayaError } from "@atalaya/protocol";
import type { ListenAddress } from "../core.ts";

// 10,000 agents that come back at once knock within a second; the kernel cuts this down to net.core.somaxconn.
const BACKLOG = 4096;

/** Binds a server, or says in a person's words why that cannot be. */
export async function listen(
  server: Server,
  address: ListenAddress,
  setting = "ATALAYA_LISTEN",
): Promise<ListenAddress> {
  try {
    await once(server.listen({ ...address, backlog: BACKLOG }), "listening");
  } catch (cause) {
    throw listenFailure(address, cause as NodeJS.ErrnoException, setting);
  }
  return { host: address.host, port: (server.address() as AddressInfo).port };
}

/** `127.0.0.1:8443`, `[::1]:8443`. */
export function addressText({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function listenFailure(address: ListenAddress, cause: NodeJS.ErrnoException, setting: string): AtalayaError {
  const where = addressText(address);
  switch (cause.code) {
    case "EADDRINUSE":
      return new AtalayaError("listen.in-use", `${where} is in use by another program`, {
        cause,
        next: `stop that program (\`ss -ltnp 'sport = :${address.port}'\` names it), or choose another port with ${setting}=host:port`,
      });
    case "EACCES":
    case "EPERM":
      return new AtalayaError("listen.denied", `this user may not listen on ${where}`, {
        cause,
        next: `choose a port from 1024 on with ${setting}=host:port, or give the program CAP_NET_BIND_SERVICE`,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new AtalayaError("settings.wrong", `${where} is no address of this machine`, {
        cause,
        next: `name an address of this machine with ${setting}=host:port (\`ip address\` lists them)`,
      });
    default:
      return new AtalayaError("listen.denied", `cannot listen on ${where}: ${cause.message}`, { cause });
  }
}
