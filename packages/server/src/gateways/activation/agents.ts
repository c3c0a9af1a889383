/** Which foreign agents may get a certificate, and what becomes of those they got. */
import { createHash, randomUUID, type X509Certificate } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { RsaAuthority } from "../../platform/pki/rsa-authority.ts";
import type { Store } from "../../platform/store/index.ts";
import { type AgentRow, agentStore, type CertificateRow } from "./agents.store.ts";
import type { BoltConfig } from "./bolt-config.ts";
import { newToken, tokenHashes } from "./secrets.ts";

export interface ActivationNeeds {
  readonly store: Store;
  readonly clock: Clock;
  /** The CA for these agents, made when it is first needed. */
  readonly authority: () => Promise<RsaAuthority>;
  readonly certificateDays: number;
}

/** What an operator says of an agent. */
export interface AgentWish {
  readonly id?: string | undefined;
  readonly serialKey: string;
  /** Absent: one is made; of an agent that is there, it stays as it is. */
  readonly token?: string | undefined;
  readonly bolt: BoltConfig;
  /** How many certificates it may get from now on; null or absent: any number. */
  readonly uses?: number | null | undefined;
  readonly expiresAt?: number | undefined;
}

export interface ActivationAgent {
  readonly id: string;
  readonly serialKey: string;
  readonly bolt: BoltConfig;
  readonly active: boolean;
  readonly uses: number | null;
  readonly used: number;
  readonly expiresAt?: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly activatedAt?: number;
}

export interface Activation {
  /** Throws `activation.taken`. The token is in this answer and nowhere else. */
  create(wish: AgentWish, by: string): Promise<{ readonly agent: ActivationAgent; readonly token: string }>;
  /** Throws `activation.unknown`. */
  agent(id: string): Promise<ActivationAgent>;
  lastCertificate(id: string): Promise<Pick<CertificateRow, "serial" | "expires_at"> | undefined>;
  list(page: {
    readonly before?: number;
    readonly limit: number;
  }): Promise<readonly (ActivationAgent & { key: number })[]>;
  /** Uses begin anew. Throws `activation.unknown`, `activation.taken`. */
  replace(id: string, wish: AgentWish): Promise<ActivationAgent>;
  setActive(id: string, active: boolean): Promise<ActivationAgent>;
  /** Its certificates are worth nothing any more. */
  remove(id: string): Promise<void>;
  /** Whom these credentials name. Throws `activation.refused`. */
  authenticate(
    credentials: { readonly serialKey: string; readonly token: string } | undefined,
  ): Promise<ActivationAgent>;
  /** PEM. Throws `activation.csr-malformed`, `activation.csr-mismatch`, `activation.used-up`. */
  sign(agent: ActivationAgent, csr: string): Promise<string>;
  /** Whether the holder of this certificate may still come in, and what else it is called. */
  admit(
    name: string,
    certificate: X509Certificate,
  ): Promise<{ readonly aliases: readonly string[] } | { readonly refused: string }>;
  /** Why a certificate that was issued here holds no longer; undefined: it holds, or another CA has issued it. */
  refusal(certificate: X509Certificate): Promise<"certificate.revoked" | undefined>;
  /** Called when an agent's certificates became worth nothing, at the server that did it. */
  onDismissed(listener: (id: string) => void): Disposable;
  prune(): Promise<number>;
}

export function createActivation({ store, clock, authority, certificateDays }: ActivationNeeds): Activation {
  const agents = agentStore(store);
  const hashes = tokenHashes();
  const listeners = new Set<(id: string) => void>();

  async function known(id: string): Promise<AgentRow> {
    const row = await agents.byId(id);
    if (row === undefined) throw new AtalayaError("activation.unknown", "There is no such agent.");
    return row;
  }
  async function changed(id: string, change: Parameters<typeof agents.change>[1]): Promise<ActivationAgent> {
    const outcome = await agents.change(id, change);
    if (outcome === "unknown") throw new AtalayaError("activation.unknown", "There is no such agent.");
    if (outcome === "taken") throw new AtalayaError("activation.taken", "Another agent has this serial key.");
    return agentOf(await known(id));
  }
  function dismiss(id: string): void {
    for (const listener of listeners) listener(id);
  }
  function mayActivate({ active, expires_at }: AgentRow): boolean {
    return active === 1 && (expires_at === null || clock.now() < expires_at);
  }

  return {
    async create({ id = randomUUID(), serialKey, token = newToken(), bolt, uses = null, expiresAt }, by) {
      const row = {
        ...{ id, serial_key: serialKey, bolt: JSON.stringify(bolt), active: 1, uses },
        ...{ token_hash: await hashes.hash(token), expires_at: expiresAt ?? null },
        ...{ created_at: clock.now(), created_by: by },
      };
      if (!(await agents.add(row)))
        throw new AtalayaError("activation.taken", "Another agent has this id or serial key.");
      return { agent: agentOf(await known(id)), token };
    },
    agent: async (id) => agentOf(await known(id)),
    lastCertificate: async (id) => agents.lastCertificate((await known(id)).key),
    list: async (page) => (await agents.list(page)).map((row) => ({ ...agentOf(row), key: row.key })),
    async replace(id, { serialKey, token, bolt, uses = null, expiresAt }) {
      return changed(id, {
        ...{ serial_key: serialKey, bolt: JSON.stringify(bolt), uses, used: 0, expires_at: expiresAt ?? null },
        ...(token === undefined ? {} : { token_hash: await hashes.hash(token) }),
      });
    },
    async setActive(id, active) {
      const agent = await changed(id, { active: active ? 1 : 0 });
      if (!active) dismiss(id);
      return agent;
    },
    async remove(id) {
      if (!(await agents.remove(id))) throw new AtalayaError("activation.unknown", "There is no such agent.");
      dismiss(id);
    },
    async authenticate(credentials) {
      const row = credentials === undefined ? undefined : await agents.bySerialKey(credentials.serialKey);
      // Also where nobody is known: the time would tell.
      const fits = credentials !== undefined && (await hashes.fits(credentials.token, row?.token_hash));
      if (row === undefined || !fits || !mayActivate(row))
        throw new AtalayaError("activation.refused", "This serial key and token activate no agent.");
      return agentOf(row);
    },
    async sign({ id }, text) {
      const ca = await authority();
      const csr = await ca.readCsr(text);
      if (csr.cn !== id)
        throw new AtalayaError("activation.csr-mismatch", "The CSR names another agent than this one.");
      const row = await known(id);
      const issued = await ca.issueClient({ cn: id, csr, days: certificateDays });
      const kept = await agents.activate({
        serial: issued.serial,
        agent: row.key,
        key_digest: createHash("sha256").update(csr.publicKey).digest("hex"),
        issued_at: clock.now(),
        expires_at: issued.notAfter,
      });
      if (!kept) throw new AtalayaError("activation.used-up", "This agent was activated as often as it may be.");
      return issued.certificatePem;
    },
    async admit(name, certificate) {
      const ca = await authority();
      if (!ca.issued(certificate)) {
        // Of a CA that the operator has listed: whom it names is the operator's business.
        const row = await agents.byId(name);
        return row?.active === 0
          ? { refused: "certificate.revoked" }
          : { aliases: row === undefined ? [] : [row.serial_key] };
      }
      const row = await agents.holder(certificate.serialNumber);
      if (row === undefined || row.id !== name || row.active === 0) return { refused: "certificate.revoked" };
      return { aliases: [row.serial_key] };
    },
    async refusal(certificate) {
      // Of others' certificates nobody needs to know: our CA is made only where it is used.
      if (!isNamedAsOurs(certificate) || !(await authority()).issued(certificate)) return undefined;
      const row = await agents.holder(certificate.serialNumber);
      return row?.active === 1 ? undefined : "certificate.revoked";
    },
    onDismissed(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    prune: () => agents.prune(clock.now()),
  };
}

function isNamedAsOurs({ issuer }: X509Certificate): boolean {
  return issuer.startsWith("CN=Atalaya bolt CA ");
}

function agentOf(row: AgentRow): ActivationAgent {
  return {
    id: row.id,
    serialKey: row.serial_key,
    bolt: JSON.parse(row.bolt) as BoltConfig,
    active: row.active === 1,
    uses: row.uses,
    used: row.used,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.activated_at === null ? {} : { activatedAt: row.activated_at }),
  };
}
