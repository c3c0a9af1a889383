import https from "node:https";
import type { RequestListener } from "node:http";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import type { NamedCertificate, TlsMaterial } from "../../platform/pki/index.ts";

export interface HttpLimits {
  readonly headerBytes: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** So long no byte moves in either direction: who asks and then reads nothing would hold what it asked for for ever. */
  readonly idleMs: number;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** The longest that TLS 1.3 allows (RFC 8446, 4.6.1); OpenSSL takes seconds. */
const SESSION_SECONDS = 7 * 24 * 3600;

/**
 * The TLS servers behind the one port. They never listen: sockets are handed to them. A session of one is none at the
 * other, because their session contexts differ: or a session without a certificate would open the agents' door.
 */
export function linkDoor(material: TlsMaterial, limits: HttpLimits, listener: RequestListener): https.Server {
  return door({ ...httpOptions(limits), ...linkTls(material) }, limits.idleMs, listener);
}

export function publicDoor(material: TlsMaterial, limits: HttpLimits, listener: RequestListener): https.Server {
  return door({ ...httpOptions(limits), ...publicTls(material) }, limits.idleMs, listener);
}

/**
 * For links whose session was sealed with the key before: a TLS server knows one key only. Sessions it gives are sealed
 * with that key too, and end with it.
 */
export function earlierLinkDoor(material: TlsMaterial, limits: HttpLimits, listener: RequestListener): https.Server {
  return linkDoor(withEarlierTickets(material), limits, listener);
}

function withEarlierTickets(material: TlsMaterial): TlsMaterial {
  return { ...material, ticketKeys: material.ticketKeysBefore ?? material.ticketKeys };
}

/** Visitors who ask for a name of the configured certificate. */
export function namedDoor(
  material: TlsMaterial,
  named: NamedCertificate,
  limits: HttpLimits,
  listener: RequestListener,
): https.Server {
  return door({ ...httpOptions(limits), ...namedTls(material, named) }, limits.idleMs, listener);
}

/** New certificates for new connections; those that are open keep theirs. */
export function reload(
  doors: {
    readonly link: https.Server;
    readonly earlier: https.Server;
    readonly public: https.Server;
    readonly named?: https.Server;
  },
  material: TlsMaterial,
): void {
  doors.link.setSecureContext(linkTls(material));
  doors.earlier.setSecureContext(linkTls(withEarlierTickets(material)));
  doors.public.setSecureContext(publicTls(material));
  if (material.named !== undefined) doors.named?.setSecureContext(namedTls(material, material.named));
}

function linkTls({ certificatePem, keyPem, caPem, ticketKeys }: TlsMaterial) {
  return {
    cert: certificatePem,
    key: keyPem,
    ca: caPem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    ALPNProtocols: [LINK_PROTOCOL],
    sessionIdContext: LINK_PROTOCOL,
    sessionTimeout: SESSION_SECONDS,
    ticketKeys,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  } as const satisfies https.ServerOptions;
}

function publicTls({ certificatePem, keyPem, caPem, ticketKeys }: TlsMaterial) {
  return {
    cert: certificatePem + caPem,
    key: keyPem,
    requestCert: false,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
    sessionIdContext: "atalaya.public",
    sessionTimeout: SESSION_SECONDS,
    ticketKeys,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  } as const satisfies https.ServerOptions;
}

function namedTls(material: TlsMaterial, { certificatePem, keyPem }: NamedCertificate) {
  return { ...publicTls(material), cert: certificatePem, key: keyPem, sessionIdContext: "atalaya.named" } as const;
}

function httpOptions(limits: HttpLimits) {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    insecureHTTPParser: false,
  } as const satisfies https.ServerOptions;
}

function door(options: https.ServerOptions, idleMs: number, listener: RequestListener): https.Server {
  const server = https.createServer(options, listener);
  // WebSockets take it off their sockets: they have heartbeats of their own.
  server.timeout = idleMs;
  // Node watches over slow requests only from "listening" on, which a server that is handed its sockets never reaches.
  server.emit("listening");
  return server;
}
