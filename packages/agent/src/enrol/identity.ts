/** What this agent is to its server, in its data folder. Every file is replaced whole. */
import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from "node:crypto";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { readIfThere, readJsonIfThere, writeDurably } from "../platform/durable-file.ts";
import { makeFolders } from "../platform/folders.ts";

const Enrolled = z.object({
  enrolment: z.string(),
  host: z.object({ id: z.string(), name: z.string() }),
  /** `host:port`, in order of preference. */
  servers: z.array(z.string()),
  /** PEM. In one file with what belongs to it, so that they change together. */
  certificate: z.string(),
  ca: z.string(),
});
export type Enrolled = z.output<typeof Enrolled>;

export interface IdentityFiles {
  enrolled(): Promise<Enrolled | undefined>;
  keep(enrolled: Enrolled): Promise<void>;
  /** The agent's key; made at the first call. It stays over re-joins, so that the server knows us again. */
  key(): Promise<KeyObject>;
  keyPem(): Promise<string>;
  /** The server's answer was no: takes away the key, and the folder, that this process made. Those from before stay. */
  unmake(): Promise<void>;
  /** The highest epoch a server gave us for this enrolment. */
  epoch(): Promise<number>;
  keepEpoch(epoch: number): Promise<void>;
}

/** Makes the folder when it is not there. Throws `data.unwritable`. */
export async function openIdentity(data: string): Promise<IdentityFiles> {
  const isNew = makeFolder(data);
  const files = identityFiles(data);
  return {
    ...files,
    async unmake() {
      await files.unmake();
      // Stays if somebody has put something there.
      if (isNew) await rmdir(data).catch(() => undefined);
    },
  };
}

/** Whether it was not there. */
function makeFolder(data: string): boolean {
  try {
    return makeFolders(data, 0o711);
  } catch (cause) {
    throw new AtalayaError("data.unwritable", `the folder ${data} cannot be made`, {
      cause,
      next: "name another with --data",
    });
  }
}

/** The files of a folder that may not be there: reading makes nothing. */
export function identityFiles(data: string): IdentityFiles {
  const paths = { enrolled: join(data, "identity.json"), key: join(data, "key.pem"), epoch: join(data, "epoch") };
  let made = false;
  const keyPem = async (): Promise<string> => {
    const known = await readIfThere(paths.key);
    if (known !== undefined) return known;
    const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
      type: "pkcs8",
      format: "pem",
    }) as string;
    await writeDurably(paths.key, pem, 0o600);
    made = true;
    return pem;
  };
  return {
    enrolled: () => readJsonIfThere(paths.enrolled, Enrolled),
    async keep(enrolled) {
      const before = await readJsonIfThere(paths.enrolled, Enrolled);
      // Epochs belong to an enrolment.
      if (before !== undefined && before.enrolment !== enrolled.enrolment) await writeDurably(paths.epoch, "0\n");
      await writeDurably(paths.enrolled, `${JSON.stringify(enrolled, null, 2)}\n`);
    },
    key: async () => createPrivateKey(await keyPem()),
    keyPem,
    async unmake() {
      if (made) await rm(paths.key, { force: true });
      made = false;
    },
    async epoch() {
      const text = (await readIfThere(paths.epoch)) ?? "0";
      return /^\d+\n?$/.test(text) ? Number(text) : 0;
    },
    keepEpoch: (epoch) => writeDurably(paths.epoch, `${epoch}\n`),
  };
}

/** When a certificate should be renewed: at two thirds of its life. */
export function renewalDue(certificate: string): number {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const from = Date.parse(validFrom);
  return from + ((Date.parse(validTo) - from) * 2) / 3;
}
