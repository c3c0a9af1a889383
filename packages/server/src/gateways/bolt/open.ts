/** The gateway as the settings want it: its listener, its certificates, its CAs. */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { AtalayaError } from "@atalaya/protocol";
import type { Bus } from "../../platform/bus/index.ts";
import { watchNamedCertificate, type NamedCertificateFiles } from "../../platform/pki/named-certificate.ts";
import { watchRevocationLists } from "../../platform/pki/revocation-lists.ts";
import type { RsaAuthority } from "../../platform/pki/rsa-authority.ts";
import type { Admission, BoltGateway } from "./gateway.ts";
import { createBoltGateway } from "./gateway.ts";
import type { GuestWorld } from "./guest.ts";
import { keepUplinks } from "./uplinks.ts";
import type { X509Certificate } from "node:crypto";

/** Sockets that are listened on by somebody else. */
export interface Arrivals {
  accept(take: (socket: Socket) => void): void;
  close(): Promise<void>;
}

export interface BoltSettings {
  readonly certificate: NamedCertificateFiles | undefined;
  /** PEM file of CAs whose certificates are let in, beside our own. */
  readonly caFile: string | undefined;
  /** File of CRLs of those CAs. */
  readonly crlFile: string | undefined;
  readonly weak: boolean;
  readonly pollMs: number;
  readonly beaconMs: number;
  /** Servers of the originals that we dial, and what we show them. */
  readonly uplinks: readonly { readonly host: string; readonly port: number }[];
  readonly uplinkCertificate: NamedCertificateFiles | undefined;
}

export interface OpenBoltsNeeds extends Omit<GuestWorld, "pollMs"> {
  readonly settings: BoltSettings;
  /** Absent: nobody is listened to. */
  readonly arrivals: Arrivals | undefined;
  readonly authority: () => Promise<RsaAuthority>;
  readonly admit: (name: string, certificate: X509Certificate) => Promise<Admission>;
  readonly bus: Bus;
  /** Agents that were dismissed. */
  readonly onDismissed: (listener: (name: string) => void) => Disposable;
}

const DAY_MS = 86_400_000;

/** Throws `settings.wrong` where a file cannot be read. */
export async function openBolts(needs: OpenBoltsNeeds): Promise<BoltGateway> {
  const { settings, clock, log, arrivals, authority } = needs;
  await using owned = new AsyncDisposableStack();
  const ca = settings.caFile === undefined ? [] : await certificatesOf(settings.caFile);
  const own = await authority();
  const watched =
    settings.certificate === undefined
      ? undefined
      : owned.use(await watchNamedCertificate(settings.certificate, { clock, log, changed: () => void reload() }));
  const material = async () => ({
    ...(watched === undefined ? await own.server() : watched.current),
    ca: [own.caPem, ...ca],
    weak: settings.weak,
  });
  const lists =
    settings.crlFile === undefined
      ? undefined
      : owned.use(
          await watchRevocationLists({
            file: settings.crlFile,
            authorities: [own.caPem, ...ca],
            setting: "ATALAYA_BOLT_CRL",
            clock,
            log,
            changed: () => gateway.review(),
          }),
        );
  const gateway = owned.use(
    createBoltGateway({
      ...needs,
      pollMs: settings.pollMs,
      beaconMs: settings.beaconMs,
      isRevoked: (certificate) => lists?.isRevoked(certificate) === true,
      material: await material(),
    }),
  );
  async function reload(): Promise<void> {
    try {
      gateway.reload(await material());
    } catch (err) {
      log.error({ err }, "the certificate of the bolt gateway could not be renewed");
    }
  }
  owned.use(everyDay());
  owned.use(
    needs.onDismissed((name) => gateway.dismiss(name, { reason: "certificate.revoked", message: "it was removed" })),
  );
  if (arrivals !== undefined) {
    owned.defer(() => arrivals.close());
    arrivals.accept((socket) => gateway.take(socket));
  }
  if (settings.uplinks.length > 0) {
    if (settings.uplinkCertificate === undefined) {
      throw new AtalayaError(
        "settings.wrong",
        "ATALAYA_BOLT_UPLINKS is set, and ATALAYA_BOLT_UPLINK_CERTIFICATE is not.",
        {
          next: "Name the certificate that those servers let in.",
        },
      );
    }
    const identity = owned.use(
      await watchNamedCertificate(settings.uplinkCertificate, { clock, log, changed: () => undefined }),
    );
    owned.use(
      keepUplinks({
        servers: settings.uplinks,
        identity: () => identity.current,
        ca: [own.caPem, ...ca],
        gateway,
        clock,
        log,
        pollMs: settings.pollMs,
      }),
    );
  }
  const life = owned.move();
  return {
    ...gateway,
    get size() {
      return gateway.size;
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };

  function everyDay(): Disposable {
    let timer: Disposable;
    const again = (): void => {
      timer = clock.after(DAY_MS, () => {
        void reload();
        again();
      });
    };
    again();
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}

/** TLS takes one certificate a text. */
async function certificatesOf(file: string): Promise<readonly string[]> {
  const wrong = (cause?: unknown) =>
    new AtalayaError("settings.wrong", `${file} (ATALAYA_BOLT_CA) holds no certificates in PEM that can be read.`, {
      cause,
    });
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw wrong(cause);
  });
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) throw wrong();
  return blocks;
}
