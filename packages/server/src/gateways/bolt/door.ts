/** The TLS listener's side: who may come in, by which certificate. It never listens: sockets are handed to it. */
import { constants, type X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import tls from "node:tls";
import type { Log } from "../../platform/log/index.ts";

/** Keys and certificates as PEM. */
export interface DoorMaterial {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Whose certificates are let in. */
  readonly ca: readonly string[];
  /** Also certificates whose signatures OpenSSL finds too weak, as SHA-1. */
  readonly weak?: boolean;
}

/** Somebody whose certificate one of the CAs has issued. */
export interface Caller {
  readonly socket: tls.TLSSocket;
  /** The certificate's common name. */
  readonly name: string;
  readonly certificate: X509Certificate;
  readonly address: string;
}

export interface Door {
  take(socket: Socket): void;
  /** For who comes from now on. */
  reload(material: DoorMaterial): void;
  close(): void;
}

const HANDSHAKE_MS = 10_000;
/** A handshake takes a millisecond of CPU: those beyond come back, as agents do every 5 s. */
const MOST_UNDER_WAY = 256;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

export function openDoor(
  material: DoorMaterial,
  { called, log }: { readonly called: (caller: Caller) => void; readonly log: Log },
): Door {
  const underWay = new Map<string, Socket>();
  const server = tls.createServer({
    ...tlsOf(material),
    requestCert: true,
    rejectUnauthorized: true,
    // Originals on Node 0.10 know nothing newer.
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_MS,
    // Every connection shows its certificate: it is looked up each time.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  });
  server.on("tlsClientError", (error: Error, socket) => {
    log.debug({ err: error, address: socket.remoteAddress }, "a bolt's TLS handshake failed");
    socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    underWay.delete(placeOf(socket));
    // Whoever owns it next listens, too.
    socket.on("error", () => undefined);
    const certificate = socket.getPeerX509Certificate();
    const name = nameOf(socket.getPeerCertificate());
    const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    if (certificate === undefined || name === undefined || address === "") {
      log.info({ address }, "turned a bolt away: its certificate's common name is no name");
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    called({ socket, name, certificate, address });
  });
  return {
    take(socket) {
      if (underWay.size >= MOST_UNDER_WAY) return void socket.destroy();
      const key = placeOf(socket);
      underWay.set(key, socket);
      socket.once("close", () => underWay.delete(key)).on("error", () => undefined);
      server.emit("connection", socket);
    },
    reload: (fresh) => server.setSecureContext(tlsOf(fresh)),
    close() {
      for (const socket of underWay.values()) socket.destroy();
    },
  };
}

/** The TLS socket and the one that was handed over tell the same. */
function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function tlsOf({ certificatePem, keyPem, ca, weak = false }: DoorMaterial) {
  return {
    ...{ cert: certificatePem, key: keyPem, ca: [...ca] },
    ...(weak ? { ciphers: "DEFAULT@SECLEVEL=0" } : {}),
  };
}

/** Several common names are nobody's. */
function nameOf(certificate: tls.PeerCertificate): string | undefined {
  const name: unknown = certificate.subject?.CN;
  return typeof name === "string" && NAME.test(name) ? name : undefined;
}
