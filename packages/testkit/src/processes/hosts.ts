/**
 * Hosts as Linux network namespaces: each has a network card, an address and a name of its own on one bridge, and
 * nothing else. The bridge stands in a namespace too, so the machine's own network is never touched. Needs root.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { ownProcess, type OwnedProcess, type ProcessOptions } from "./process.ts";

export interface NetworkHost {
  readonly name: string;
  readonly address: string;
  readonly namespace: string;
  /** Starts a program on this host. */
  spawn(options: ProcessOptions): OwnedProcess;
  /** Runs a program to its end and returns what it printed. */
  run(program: string, ...args: readonly string[]): string;
  /** Pulls and plugs its network cable. */
  cable(state: "up" | "down"): void;
}

export interface TestNetwork extends Disposable {
  /** Where the server under test runs; 10.78.0.1. */
  readonly server: NetworkHost;
  readonly hosts: readonly NetworkHost[];
  /** A host in a network of its own, 192.168.77.0/24, that this one hides behind its address. Once a network. */
  behind(router: NetworkHost, label: string): NetworkHost;
}

export const canMakeNetworks = process.getuid?.() === 0;

// In namespaces of names and mounts: a name of its own, and nothing of the real machine's SMBIOS, which all would share.
const OWN_HARDWARE =
  'hostname "$0"; dmi=/sys/devices/virtual/dmi/id; [ ! -d $dmi ] || mount -t tmpfs none $dmi || exit 1; exec "$@"';

const MASQUERADE =
  "add chain ip nat out { type nat hook postrouting priority 100 ; } ; add rule ip nat out ip saddr 192.168.77.0/24 masquerade";

/** One server and `count` (≤ 200) hosts on one bridge. */
export function testNetwork(count: number): TestNetwork {
  const id = randomBytes(3).toString("hex");
  const namespaces: string[] = [];
  const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: "pipe" });

  function make(label: string, address: string): NetworkHost {
    const namespace = `at-${id}-${label}`;
    const etc = `/etc/netns/${namespace}`;
    ip("netns", "add", namespace);
    namespaces.push(namespace);
    ip("-n", namespace, "link", "set", "lo", "up");
    // `ip netns exec` binds these over /etc: a host of its own knows its own name.
    mkdirSync(etc, { recursive: true });
    writeFileSync(`${etc}/hosts`, `127.0.0.1 localhost\n${address} ${label}\n`);
    const inside = (options: ProcessOptions): ProcessOptions => ({
      ...options,
      program: "ip",
      args: [
        "netns",
        "exec",
        namespace,
        "unshare",
        "--uts",
        "sh",
        "-c",
        OWN_HARDWARE,
        label,
        options.program,
        ...options.args,
      ],
    });
    return {
      name: label,
      address,
      namespace,
      spawn: (options) => ownProcess(inside(options)),
      run(program, ...args) {
        const wrapped = inside({ program, args });
        return execFileSync(wrapped.program, [...wrapped.args], { encoding: "utf8", stdio: "pipe" });
      },
      cable: (state) => ip("-n", namespace, "link", "set", "eth0", state),
    };
  }

  function dispose(): void {
    for (const namespace of namespaces.reverse()) {
      try {
        ip("netns", "del", namespace);
      } catch {
        // Already gone: a test may take a host down for good.
      }
      rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true });
    }
  }

  function behind(router: NetworkHost, label: string): NetworkHost {
    const host = make(label, "192.168.77.2");
    ip(
      "-n",
      router.namespace,
      "link",
      "add",
      "inside",
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      host.namespace,
    );
    ip("-n", router.namespace, "addr", "add", "192.168.77.1/24", "dev", "inside");
    ip("-n", router.namespace, "link", "set", "inside", "up");
    ip("-n", host.namespace, "addr", "add", "192.168.77.2/24", "dev", "eth0");
    ip("-n", host.namespace, "link", "set", "eth0", "up");
    const route = (): void => ip("-n", host.namespace, "route", "add", "default", "via", "192.168.77.1");
    route();
    router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    router.run("nft", `add table ip nat; ${MASQUERADE}`);
    return {
      ...host,
      cable(state) {
        host.cable(state);
        // Routes go with the card.
        if (state === "up") route();
      },
    };
  }

  try {
    const server = make("tower", "10.78.0.1");
    ip("-n", server.namespace, "link", "add", "eth0", "type", "bridge");
    ip("-n", server.namespace, "addr", "add", "10.78.0.1/24", "dev", "eth0");
    ip("-n", server.namespace, "link", "set", "eth0", "up");
    const hosts = Array.from({ length: count }, (_, index) => {
      const host = make(`pc-${String(index + 1).padStart(2, "0")}`, `10.78.0.${index + 11}`);
      const port = `v${index + 1}`;
      ip("-n", server.namespace, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host.namespace);
      ip("-n", server.namespace, "link", "set", port, "master", "eth0");
      ip("-n", server.namespace, "link", "set", port, "up");
      ip("-n", host.namespace, "addr", "add", `${host.address}/24`, "dev", "eth0");
      ip("-n", host.namespace, "link", "set", "eth0", "up");
      return host;
    });
    return { server, hosts, behind, [Symbol.dispose]: dispose };
  } catch (cause) {
    dispose();
    throw cause;
  }
}
