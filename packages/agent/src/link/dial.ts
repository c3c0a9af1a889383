import { isIP } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { AtalayaError } from "@atalaya/protocol";
import { showAddress, type Address } from "./addresses.ts";
import { openWay, type WayDial } from "./way.ts";

export interface Dial extends WayDial {
  readonly address: Address;
  readonly protocols: readonly string[];
  readonly session?: Buffer;
  readonly onSession?: (session: Buffer) => void;
  /** Told which waypoints carry the connection, the nearest first, before the server is asked for anything. */
  readonly onHops?: (hops: readonly string[]) => void;
  readonly timeoutMs: number;
}

/** A TLS 1.3 connection to a server, through proxy or waypoint where there is one. Throws `host.offline`, `enrolment.ca-mismatch`, `waypoint.*`. */
export async function dialTls(dial: Dial): Promise<TLSSocket> {
  const { address } = dial;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), dial.timeoutMs);
  try {
    const tunnel = await openWay(dial, limit.signal);
    dial.onHops?.(tunnel?.hops ?? []);
    return await handshake(
      {
        ...(tunnel === undefined
          ? { host: address.host, port: address.port, autoSelectFamily: true }
          : { socket: tunnel.socket }),
        ...(isIP(address.host) === 0 && address.via !== true ? { servername: address.host } : {}),
        ...(dial.ca === undefined ? { rejectUnauthorized: false } : { ca: dial.ca }),
        ...(dial.certificate === undefined ? {} : { cert: dial.certificate, key: dial.key }),
        ...(dial.session === undefined ? {} : { session: dial.session }),
        ALPNProtocols: [...dial.protocols],
        minVersion: "TLSv1.3",
        // The pinned CA is the fleet's own and issues server certificates (the extended key usage is checked) to our
        // servers alone, so whoever holds one is ours, by whatever name, address or forwarded port we reached it.
        checkServerIdentity: () => undefined,
      },
      dial,
      limit.signal,
    );
  } finally {
    clearTimeout(timer);
  }
}

function handshake(options: ConnectionOptions, dial: Dial, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const where = showAddress(dial.address);
    const fail = (error: Error): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      reject(failure(error, where));
    };
    const onAbort = (): void => fail(new Error("no answer in time"));
    const onClose = (): void => fail(new Error("the server closed the connection during the handshake"));
    signal.addEventListener("abort", onAbort, { once: true });
    if (dial.onSession !== undefined) socket.on("session", dial.onSession);
    socket.once("error", fail).once("close", onClose);
    socket.once("secureConnect", () => {
      signal.removeEventListener("abort", onAbort);
      socket.off("error", fail).off("close", onClose);
      // Errors after this belong to whoever uses the socket; until then they must not end the process.
      socket.on("error", () => undefined);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

const CERTIFICATE_ERRORS = /CERT|ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY|INVALID_PURPOSE/;

function failure(error: Error & { readonly code?: unknown }, where: string): AtalayaError {
  const code = typeof error.code === "string" ? error.code : "";
  // Alerts (ERR_SSL_…) are the server's opinion of us, not ours of it.
  if (CERTIFICATE_ERRORS.test(code) && !code.startsWith("ERR_SSL")) {
    return new AtalayaError("enrolment.ca-mismatch", `${where} is not a server of our fleet: ${error.message}`, {
      cause: error,
    });
  }
  return new AtalayaError("host.offline", `${where} cannot be reached: ${error.message || code}`, { cause: error });
}
