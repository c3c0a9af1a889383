/** TLS to a waypoint, as a member of its fleet: both ends show the certificates that they have as agents. */
import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { AtalayaError, WAYPOINT_PROTOCOL } from "@atalaya/protocol";
import { showAddress, type Address } from "./addresses.ts";
import { connectTcp } from "./connect-tcp.ts";

export interface WaypointDial {
  readonly address: Address;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Throws `host.offline`; `enrolment.ca-mismatch` where somebody else answers. */
export async function dialWaypoint(dial: WaypointDial, signal: AbortSignal): Promise<TLSSocket> {
  const { address, ca, certificate, key } = dial;
  const who = `the waypoint ${showAddress(address)}`;
  const tcp = await connectTcp(address, who, signal);
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    // Certificates of agents are for clients, which Node holds against a server: they are looked at below.
    const options = { rejectUnauthorized: false, minVersion: "TLSv1.3", ALPNProtocols: [WAYPOINT_PROTOCOL] } as const;
    const tls = connect({ ...options, socket: tcp, cert: certificate, key });
    const leave = (): void => {
      tls.off("error", onError).off("close", onClose);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (sentence: string, cause?: unknown): void => {
      leave();
      tls.on("error", () => undefined);
      tls.destroy();
      reject(new AtalayaError("host.offline", `${who} ${sentence}`, { cause }));
    };
    const onError = (error: Error): void => fail(`cannot be reached: ${error.message}`, error);
    const onClose = (): void => fail("closed the connection during the handshake");
    const onAbort = (): void => fail("did not answer in time");
    signal.addEventListener("abort", onAbort, { once: true });
    tls.once("error", onError).once("close", onClose);
    tls.once("secureConnect", () => {
      leave();
      tls.on("error", () => undefined);
      resolve(tls);
    });
  });
  if (socket.alpnProtocol === WAYPOINT_PROTOCOL && isMember(socket.getPeerX509Certificate(), ca, Date.now()))
    return socket;
  socket.destroy();
  throw new AtalayaError("enrolment.ca-mismatch", `${who} is no waypoint of our fleet`);
}

/** That the other end has its key, the handshake has proved. */
export function isMember(certificate: X509Certificate | undefined, ca: string, now: number): boolean {
  if (certificate === undefined) return false;
  const authority = new X509Certificate(ca);
  return (
    certificate.checkIssued(authority) &&
    certificate.verify(authority.publicKey) &&
    Date.parse(certificate.validFrom) <= now &&
    now < Date.parse(certificate.validTo)
  );
}
