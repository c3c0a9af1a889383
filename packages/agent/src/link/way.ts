/** How to get to a server: straight, through a proxy, or through a waypoint, which leads on to the server it has itself. */
import type { Socket } from "node:net";
import { AtalayaError, readHops, showHops, WAYPOINT_TARGET } from "@atalaya/protocol";
import { showAddress, type Address } from "./addresses.ts";
import { connectTcp } from "./connect-tcp.ts";
import { openTunnel, proxyFor, type Environment } from "./proxy.ts";
import { openTunnelOver } from "./tunnel.ts";
import { dialWaypoint } from "./waypoint-dial.ts";

export interface WayDial {
  readonly address: Address;
  readonly environment: Environment;
  /** PEM of the fleet's CA. Absent: nobody is verified, for learning the CA that a pin names. */
  readonly ca: string | undefined;
  readonly certificate?: string;
  readonly key?: string;
  /** Whom we carry, and ourselves last: what a waypoint knows a loop by. */
  readonly hops?: readonly string[];
}

/** Bytes to the server, and the waypoints that carry them, the nearest first. */
export interface Way {
  readonly socket: Socket;
  readonly hops: readonly string[];
}

/** Undefined: nobody stands between. Throws `host.offline`, `enrolment.ca-mismatch`, or what a waypoint refuses it with. */
export async function openWay(dial: WayDial, signal: AbortSignal): Promise<Way | undefined> {
  const { address, environment } = dial;
  if (address.via === true) return throughWaypoint(dial, signal);
  const proxy = proxyFor(address, environment);
  return proxy === undefined ? undefined : { socket: await openTunnel(proxy, address, signal), hops: [] };
}

async function throughWaypoint(dial: WayDial, signal: AbortSignal): Promise<Way> {
  const { address, ca, certificate, key, hops = [] } = dial;
  const by = `the waypoint ${showAddress(address)}`;
  // Without a certificate one is a guest there.
  const socket =
    ca === undefined || certificate === undefined || key === undefined
      ? await connectTcp(address, by, signal)
      : await dialWaypoint({ address, ca, certificate, key }, signal);
  const headers = hops.length === 0 ? {} : { Via: showHops(hops) };
  const said = await openTunnelOver(socket, { target: WAYPOINT_TARGET, headers, by }, signal);
  const carried = readHops(said.get("via"));
  if (carried === undefined) {
    socket.destroy();
    throw new AtalayaError("waypoint.malformed", `${by} named no way that can be read`);
  }
  return { socket, hops: carried };
}
