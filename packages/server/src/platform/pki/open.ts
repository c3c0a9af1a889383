import { createHash, createPrivateKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { signedBytes, TICKET_SIGNER_CN } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import type { Log } from "../log/index.ts";
import type { Identity } from "./certificates.ts";
import { type NamedCertificateFiles, watchNamedCertificate } from "./named-certificate.ts";
import type { Pki } from "./pki.ts";
import { secretFolder, writeSecret } from "./secret-files.ts";
import { isCurrent, keptIdentity } from "./kept-identity.ts";
import { namesExactly, serverNames } from "./server-names.ts";
import { startSigner } from "./signer.ts";
import { keptTicketKeys } from "./ticket-keys.ts";

export interface PkiNeeds {
  readonly clock: Clock;
  readonly log: Log;
  /** Further names and addresses of this server, beside localhost and the machine's name. */
  readonly names?: readonly string[];
  /** Shown to visitors who ask for one of its names; links see the fleet's own. */
  readonly named?: NamedCertificateFiles;
}

const LOOK_EVERY_MS = 6 * 3_600_000;
/** What statements begin with; tickets begin otherwise (`TICKET_CONTEXT`). */
const STATEMENT = Buffer.from("atalaya audit ");
// Goes into the certificate unescaped by anybody: what an enrolment id may consist of, and nothing else.
const enrolmentId = /^[A-Za-z0-9_-]{1,64}$/;

/** Opens the folder of keys; at the first start it makes all of them. */
export async function openPki(folder: string, needs: PkiNeeds): Promise<Pki> {
  await secretFolder(folder);
  await using owned = new AsyncDisposableStack();
  const signer = owned.use(startSigner());
  const now = needs.clock.now;

  const authority = await keptIdentity(join(folder, "authority.pem"), () => signer.ask({ kind: "found", now: now() }));
  await signer.ask({ kind: "load", identity: authority });
  const ca = new X509Certificate(authority.certificatePem);
  // A copy without the key, for people and programs that are to trust this fleet.
  await writeSecret(join(folder, "ca.pem"), authority.certificatePem);

  const fromUs = (certificate: X509Certificate): boolean =>
    certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
  const tickets = await keptIdentity(
    join(folder, "ticket-signer.pem"),
    () => signer.ask({ kind: "ticket-signer", cn: TICKET_SIGNER_CN, now: now() }),
    (certificate) => fromUs(certificate) && isCurrent(certificate, now()),
  );
  const ticketKey = createPrivateKey(tickets.keyPem);
  const readTicketKeys = () => keptTicketKeys(join(folder, "tls-ticket.key"), now());
  let ticketKeys = await readTicketKeys();

  const names = serverNames(hostname(), needs.names ?? []);
  const readServer = (): Promise<Identity> =>
    keptIdentity(
      join(folder, "server.pem"),
      () => signer.ask({ kind: "server", names, now: now() }),
      (certificate) => fromUs(certificate) && isCurrent(certificate, now()) && namesExactly(certificate, names),
    );
  let server = await readServer();

  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const look = async (): Promise<void> => {
    const before = { server: server.certificatePem, ticketKey: ticketKeys.current };
    server = await readServer();
    ticketKeys = await readTicketKeys();
    const isRenewed = server.certificatePem !== before.server;
    if (isRenewed) needs.log.info("the server's certificate was renewed");
    if (isRenewed || !ticketKeys.current.equals(before.ticketKey)) tell();
  };
  owned.use(
    every(needs.clock, LOOK_EVERY_MS, () => {
      look().catch((err: unknown) => needs.log.error({ err }, "the server's certificate could not be renewed"));
    }),
  );
  const named =
    needs.named === undefined
      ? undefined
      : owned.use(await watchNamedCertificate(needs.named, { clock: needs.clock, log: needs.log, changed: tell }));
  const life = owned.move();

  return {
    caPem: authority.certificatePem,
    ca,
    caPin: pinOf(ca.publicKey),
    ticketCertificatePem: tickets.certificatePem,
    signTickets: (root) => sign(null, signedBytes(root), ticketKey),
    statements: {
      id: pinOf(new X509Certificate(tickets.certificatePem).publicKey),
      certificatePem: tickets.certificatePem,
      sign(statement) {
        if (!Buffer.from(statement).subarray(0, STATEMENT.length).equals(STATEMENT)) {
          throw new RangeError("this is no statement that the key may sign");
        }
        return sign(null, statement, ticketKey);
      },
    },
    readCsr: (csrPem) => signer.ask({ kind: "read-csr", csrPem }),
    async issueClient(request) {
      if (!enrolmentId.test(request.cn)) throw new RangeError(`${JSON.stringify(request.cn)} is no enrolment id`);
      return signer.ask({ kind: "client", now: now(), ...request });
    },
    issued: (certificate) => certificate.checkIssued(ca),
    tls: () => ({
      ...server,
      caPem: authority.certificatePem,
      ticketKeys: ticketKeys.current,
      ...(ticketKeys.before === undefined ? {} : { ticketKeysBefore: ticketKeys.before }),
      ...(named === undefined ? {} : { named: named.current }),
    }),
    reload: async () => named?.reload(),
    onRenewed(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

function pinOf(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url");
}

function every(clock: Clock, ms: number, act: () => void): Disposable {
  let next: Disposable;
  const wait = (): void => {
    next = clock.after(ms, () => {
      wait();
      act();
    });
  };
  wait();
  return { [Symbol.dispose]: () => next[Symbol.dispose]() };
}
