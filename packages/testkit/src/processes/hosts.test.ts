import { expect, test } from "vitest";
import { canMakeNetworks, testNetwork, type NetworkHost } from "./hosts.ts";

const LISTEN = `require("net").createServer((socket) => socket.end("here\\n")).listen(7000, () => console.log("open"))`;
const CALL = (address: string): string =>
  `const s = require("net").connect({ host: "${address}", port: 7000 }); s.setTimeout(3000, () => process.exit(1)); s.on("error", () => process.exit(1)); s.pipe(process.stdout)`;

test.runIf(canMakeNetworks)(
  "hosts of a network have names, addresses and hardware of their own, and a cable",
  async () => {
    using network = testNetwork(2);
    const [one, two] = network.hosts as readonly [NetworkHost, NetworkHost];
    const call = (from: NetworkHost, to: NetworkHost): string => from.run(process.execPath, "-e", CALL(to.address));
    await using listener = two.spawn({ program: process.execPath, args: ["-e", LISTEN] });
    await listener.prints(/open/);
    expect(call(one, two)).toBe("here\n");
    expect(call(network.server, two)).toBe("here\n");
    one.cable("down");
    expect(() => call(one, two)).toThrow();
    one.cable("up");
    expect(call(one, two)).toBe("here\n");

    expect(one.run("cat", "/sys/class/net/eth0/address")).not.toBe(two.run("cat", "/sys/class/net/eth0/address"));
    expect(() => one.run("cat", "/sys/class/dmi/id/product_uuid")).toThrow();
    // Nothing but the bridge: no way to the real machine's network, nor out of it.
    expect(one.run("ip", "route").trim()).toBe(`10.78.0.0/24 dev eth0 proto kernel scope link src ${one.address}`);
  },
);

test.runIf(canMakeNetworks)("a process of a host knows its host's name, and is gone with its network", async () => {
  const network = testNetwork(1);
  await using child = network.hosts[0]!.spawn({ program: "sh", args: ["-c", "hostname; exec sleep 60"] });
  await child.prints(/^pc-01$/m);
  await child.end("SIGKILL");
  network[Symbol.dispose]();
  expect(() => network.hosts[0]!.run("true")).toThrow();
});
