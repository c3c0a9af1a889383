import "reflect-metadata";
import { generateKeyPairSync, sign, createHash, webcrypto, type KeyObject } from "node:crypto";
import {
  rootOf,
  signedBytes,
  TICKET_SIGNER_CN,
  ticketTree,
  type OpenStream,
  type Start,
  type StreamClaims,
} from "@atalaya/protocol";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);

export interface Issued {
  readonly certificate: string;
  readonly key: KeyObject;
  readonly keyPem: string;
}

export interface Authority {
  readonly certificate: string;
  readonly pin: string;
  issue(options: IssueOptions): Promise<Issued>;
  /** A certificate for the key of a PKCS #10 request. */
  sign(csr: string, commonName: string, days?: number): Promise<string>;
}

interface IssueOptions {
  readonly commonName: string;
  readonly usage?: "server" | "client";
  readonly names?: readonly string[];
  readonly kind?: "p256" | "ed25519";
  readonly notAfter?: Date;
}

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const USAGE = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;
const DAY = 86_400_000;

/** A real CA in memory, as the server's. */
export async function authority(): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"])) as {
    readonly privateKey: unknown;
    readonly publicKey: unknown;
  };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=atalaya test CA",
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 365 * DAY),
    signingAlgorithm: P256,
    keys: keys as never,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  let serial = 2;
  const create = async (
    publicKey: unknown,
    commonName: string,
    options: Omit<IssueOptions, "commonName">,
  ): Promise<string> => {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: (serial++).toString(16).padStart(2, "0"),
      issuer: root.subject,
      subject: `CN=${commonName}`,
      notBefore: new Date(Date.now() - DAY),
      notAfter: options.notAfter ?? new Date(Date.now() + 30 * DAY),
      signingAlgorithm: P256,
      signingKey: keys.privateKey as never,
      publicKey: publicKey as never,
      extensions: [
        ...(options.usage === undefined ? [] : [new x509.ExtendedKeyUsageExtension([USAGE[options.usage]])]),
        ...(options.names === undefined
          ? []
          : [
              new x509.SubjectAlternativeNameExtension(
                options.names.map((value) => ({ type: /^[\d.]+$/.test(value) ? "ip" : "dns", value })),
              ),
            ]),
      ],
    });
    return certificate.toString("pem");
  };
  return {
    certificate: root.toString("pem"),
    pin: createHash("sha256").update(Buffer.from(root.publicKey.rawData)).digest("base64url"),
    async issue(options) {
      const pair =
        options.kind === "ed25519"
          ? generateKeyPairSync("ed25519")
          : generateKeyPairSync("ec", { namedCurve: "P-256" });
      const spki = pair.publicKey.export({ type: "spki", format: "der" });
      const certificate = await create(new x509.PublicKey(spki), options.commonName, options);
      return {
        certificate,
        key: pair.privateKey,
        keyPem: pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      };
    },
    async sign(csr, commonName, days = 30) {
      const request = new x509.Pkcs10CertificateRequest(csr);
      if (!(await request.verify())) throw new Error("the CSR's signature is wrong");
      return create(request.publicKey, commonName, { usage: "client", notAfter: new Date(Date.now() + days * DAY) });
    },
  };
}

export function ticketSignerOf(ca: Authority): Promise<Issued> {
  return ca.issue({ commonName: TICKET_SIGNER_CN, kind: "ed25519" });
}

const sha256 = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

const treeOver = (claims: readonly string[]) => ticketTree(claims, (data) => sha256(data).toString("latin1"));

export interface StartWish {
  readonly run: string;
  readonly request: unknown;
  readonly enrolment: string;
  readonly signer: KeyObject;
  readonly epoch?: number;
  readonly handle?: number;
  readonly capability?: string;
  readonly createdAt?: number;
  readonly expiresAt?: number;
  readonly secrets?: Record<string, string>;
}

export interface StreamWish {
  readonly stream: string;
  readonly kind: string;
  readonly request: unknown;
  readonly enrolment: string;
  readonly signer: KeyObject;
  readonly epoch: number;
  /** What the ticket says otherwise. */
  readonly claims?: Partial<StreamClaims>;
}

export function signedStream({ stream, kind, request, enrolment, signer, epoch, claims }: StreamWish): OpenStream {
  const text = JSON.stringify(request);
  const said = JSON.stringify({
    user: "pam:alice",
    stream,
    enrolment,
    epoch,
    kind,
    digest: sha256(text).toString("hex"),
    expiresAt: Date.now() + 60_000,
    ...claims,
  } satisfies StreamClaims);
  const signature = sign(null, signedBytes(treeOver([said]).root), signer).toString("base64");
  return {
    type: "open-stream",
    stream,
    epoch,
    kind,
    request: text,
    ticket: { claims: said, index: 0, size: 1, path: [], signature },
  };
}

/** A start with a ticket that is one leaf of a small tree, as a wave's would be. */
export function signedStart(wish: StartWish): Start {
  const request = typeof wish.request === "string" ? wish.request : JSON.stringify(wish.request);
  const capability = wish.capability ?? "exec";
  const claims = JSON.stringify({
    user: "token:test",
    run: wish.run,
    enrolment: wish.enrolment,
    capability,
    digest: sha256(request).toString("hex"),
    createdAt: wish.createdAt ?? Date.now(),
    expiresAt: wish.expiresAt ?? Date.now() + 60_000,
  });
  const leaves = ["{}", claims, "{}"];
  const tree = treeOver(leaves);
  const path = tree.pathOf(1);
  const nodes = path.map((hash) => Buffer.from(hash, "base64"));
  if (rootOf(claims, 1, leaves.length, nodes, sha256) === undefined) throw new Error("the tree is wrong");
  return {
    type: "start",
    run: wish.run,
    handle: wish.handle ?? 1,
    epoch: wish.epoch ?? 1,
    capability,
    request,
    ...(wish.secrets === undefined ? {} : { secrets: wish.secrets }),
    ticket: {
      claims,
      index: 1,
      size: leaves.length,
      path: [...path],
      signature: sign(null, signedBytes(tree.root), wish.signer).toString("base64"),
    },
  };
}
