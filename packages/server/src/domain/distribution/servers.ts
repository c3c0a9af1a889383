import { BlockList, isIP } from "node:net";

export interface Reachable {
  /** `host:port` by which other machines may reach this server, the likeliest first. */
  readonly servers: readonly string[];
  /** Only this machine itself can reach it. */
  readonly onlyLoopback: boolean;
  /** The same, first those in the network of an address, or that are the very name or address given. */
  towards(near: string | undefined): readonly string[];
}

interface Listening {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** Configured names and addresses of this server. */
  readonly names: readonly string[];
  /** Addresses of this machine's network cards. */
  readonly interfaces: readonly Card[];
}

interface Card {
  readonly address: string;
  readonly internal: boolean;
  /** `10.0.0.5/24`; absent: its network is not known. */
  readonly cidr?: string | null;
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
  const servers = [...new Map(all.map((each) => [text(each), each])).values()];
  return {
    servers: servers.map(text),
    onlyLoopback: open.length === 0,
    towards(near) {
      if (near === undefined) return servers.map(text);
      const ours = new Set(interfaces.filter((card) => isInNetwork(near, card)).map(({ address }) => address));
      const isNear = ({ host }: HostAndPort): boolean => host === near || ours.has(host);
      return [...servers.filter(isNear), ...servers.filter((each) => !isNear(each))].map(text);
    },
  };
}

function isInNetwork(address: string, { address: own, cidr }: Card): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) === 0 || isIP(own) !== isIP(address) || typeof cidr !== "string") return false;
  const network = new BlockList();
  network.addSubnet(own, Number(cidr.split("/")[1]), family);
  return network.check(address, family);
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

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

function text({ host, port }: HostAndPort): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
