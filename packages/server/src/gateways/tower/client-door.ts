/**
 * The listener for programs with client certificates: whose CA is on the list, who is named in the settings, and whose
 * certificate nobody has taken back, be it since it connected.
 */
import { randomBytes, type X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { AtalayaError, type FailureCode } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { watchRevocationLists } from "../../platform/pki/revocation-lists.ts";
import type { Pki } from "../../platform/pki/index.ts";
import { certificateCaller, commonNameOf, type ClientRule } from "./callers.ts";

export interface ClientDoorSettings {
  /** PEM file of the CAs whose certificates are taken. */
  readonly ca: string | undefined;
  /** File of their CRLs. */
  readonly crl: string | undefined;
  readonly clients: readonly ClientRule[];
}

/** Certificates that CAs of this very server have issued, where the operator has put those on the list. */
export interface OwnCertificates {
  /** Undefined: it holds, or is none of ours. */
  refusal(certificate: X509Certificate): Promise<FailureCode | undefined>;
  /** Those of this common name hold no longer. */
  onRevoked(listener: (name: string) => void): Disposable;
}

export interface ClientDoorNeeds {
  readonly pki: Pick<Pki, "tls" | "onRenewed">;
  readonly own: OwnCertificates;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ClientDoor extends Disposable {
  /** A server that is not listened at yet. */
  open(): Server;
  /** Who asks. Throws `identity.*`, `certificate.*`; on resumed sessions, too. */
  callerOf(incoming: IncomingMessage): Promise<Actor>;
}

const TICKET_KEY_BYTES = 48;

/** Throws `settings.wrong` where a file is missing or cannot be read. */
export async function createClientDoor(settings: ClientDoorSettings, needs: ClientDoorNeeds): Promise<ClientDoor> {
  const { pki, own, clock, log } = needs;
  using undo = new DisposableStack();
  const servers: Server[] = [];
  const sockets = new Set<TLSSocket>();
  const ca = await clientCa(settings.ca);
  const lists =
    settings.crl === undefined
      ? undefined
      : undo.use(
          await watchRevocationLists({
            file: settings.crl,
            authorities: ca,
            setting: "ATALAYA_TOWER_CLIENT_CRL",
            clock,
            log,
            changed: review,
          }),
        );
  undo.use(own.onRevoked((name) => cut((certificate) => commonNameOf(certificate.subject) === name)));

  /** Who is connected and may no longer be goes at once; nobody resumes what was begun before. */
  function review(): void {
    for (const server of servers) server.setTicketKeys(randomBytes(TICKET_KEY_BYTES));
    cut((certificate) => lists?.isRevoked(certificate) === true);
  }

  function cut(isMeant: (certificate: X509Certificate) => boolean): void {
    for (const socket of sockets) {
      const certificate = socket.getPeerX509Certificate();
      if (certificate !== undefined && isMeant(certificate)) socket.destroy();
    }
  }

  function material() {
    const { certificatePem, keyPem } = pki.tls();
    return { cert: certificatePem, key: keyPem, ca: [...ca], requestCert: true, rejectUnauthorized: true };
  }

  const owned = undo.move();
  return {
    open() {
      const server = createServer({ ...material(), minVersion: "TLSv1.2", keepAliveTimeout: 60_000 });
      server.on("tlsClientError", (_: Error, socket: Duplex) => socket.destroy());
      server.on("secureConnection", (socket: TLSSocket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
      });
      owned.use(pki.onRenewed(() => server.setSecureContext(material())));
      servers.push(server);
      return server;
    },
    async callerOf({ socket }) {
      const certificate = (socket as TLSSocket).getPeerX509Certificate();
      if (certificate === undefined) throw new AtalayaError("identity.missing", "This needs a client certificate.");
      // A resumed session is not checked by TLS again, and lives on for a while.
      const expired = certificate.validToDate.getTime() <= clock.now() ? "certificate.expired" : undefined;
      const revoked = lists?.isRevoked(certificate) === true ? "certificate.revoked" : undefined;
      const code = revoked ?? expired ?? (await own.refusal(certificate));
      if (code !== undefined) {
        log.info({ subject: certificate.subject, code }, "turned a program away");
        throw new AtalayaError(code, "This client certificate is not taken any more.", {
          next: "Come with another one.",
        });
      }
      return certificateCaller(certificate, settings.clients);
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

async function clientCa(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) {
    throw new AtalayaError("settings.wrong", "ATALAYA_TOWER_TLS_LISTEN is set, and ATALAYA_TOWER_CLIENT_CA is not.", {
      next: "Name the file of the CA whose certificates are taken.",
    });
  }
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new AtalayaError("settings.wrong", `ATALAYA_TOWER_CLIENT_CA: ${path} cannot be read.`, { cause });
  });
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null)
    throw new AtalayaError("settings.wrong", `ATALAYA_TOWER_CLIENT_CA: ${path} holds no certificates in PEM.`);
  return blocks;
}
