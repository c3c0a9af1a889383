/** The IPv4 networks this machine stands in. */
import { BlockList } from "node:net";
import { networkInterfaces, type NetworkInterfaceInfo } from "node:os";

export interface OwnNetworks {
  /** One address for each card that is up, loopback left out. */
  readonly addresses: readonly string[];
  /** Whether an address is a neighbour's, or this machine's own. */
  includes(address: string): boolean;
}

export function ownNetworks(cards: readonly NetworkInterfaceInfo[] = all()): OwnNetworks {
  const near = new BlockList();
  near.addSubnet("127.0.0.0", 8);
  const v4 = cards.filter(({ family, internal }) => family === "IPv4" && !internal);
  for (const { cidr } of v4) {
    const [address, bits] = cidr?.split("/") ?? [];
    if (address !== undefined && bits !== undefined) near.addSubnet(address, Number(bits));
  }
  return { addresses: v4.map(({ address }) => address), includes: (address) => near.check(address) };
}

function all(): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((card) => card ?? []);
}
