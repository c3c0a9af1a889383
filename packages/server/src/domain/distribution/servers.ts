import { isIP } from "node:net";

export interface Reachable {
  /** `host:port` by which other machines may reach this server, the likeliest first. */
  readonly servers: readonly string[];
  /** Only this machine itself can reach it. */
  readonly onlyLoopback: boolean;
}

interface Listening {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** Configured names and addresses of this server. */
  readonly names: readonly string[];
  /** Addresses of this machine's network cards. */
  readonly interfaces: readonly { readonly address: string; readonly internal: boolean }[];
}

/** Names that people have given come first, then what is listened on; a wildcard stands for this machine's addresses. */
export function reachableServers({ listen, names, interfaces }: Listening): Reachable {
  const open = listen.filter(({ host }) => !isLoopback(host));
  const named = names.filter((name) => !name.startsWith("*."));
  const bound = (open.length > 0 ? open : listen).flatMap(({ host, port }) => {
    const hosts = isWildcard(host) ? own(host, interfaces) : [host];
    return hosts.map((each) => ({ host: each, port }));
  });
  const port = (open[0] ?? listen[0])?.port;
  const all = [...(open.length > 0 && port !== undefined ? named.map((host) => ({ host, port })) : []), ...bound];
  return { servers: [...new Set(all.map(text))], onlyLoopback: open.length === 0 };
}

function own(wildcard: string, interfaces: Listening["interfaces"]): readonly string[] {
  const usable = interfaces
    .filter(({ address, internal }) => !internal && !/^fe80:/i.test(address))
    .map(({ address }) => address);
  const v4 = usable.filter((address) => isIP(address) === 4);
  const both = wildcard === "0.0.0.0" ? v4 : [...v4, ...usable.filter((address) => isIP(address) === 6)];
  return both.length > 0 ? both : ["127.0.0.1"];
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function text({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
