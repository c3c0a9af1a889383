/** What a foreign status says of its machine, in our words. What cannot be meant is left out. */
import { createHash } from "node:crypto";
import { Facts } from "@atalaya/protocol";

type Json = Readonly<Record<string, unknown>>;

export function factsOf(status: Json): Facts {
  const os = record(status["os"]);
  const cpus = list(os["cpus"]).map(record);
  const arch = text(os["arch"]);
  const release = text(os["release"]);
  const name = text(os["type"]);
  const parts: Readonly<Record<string, unknown>> = {
    hostname: text(os["hostname"]),
    os: name === undefined ? undefined : { id: name.toLowerCase(), family: text(os["platform"]) },
    kernel: name && release && arch ? { name, release, arch } : undefined,
    cpu: cpus.length === 0 ? undefined : { model: text(cpus[0]?.["model"]), cores: cpus.length },
    // A 32-bit build of the original tells 2^64 - 1.
    memory: Number.isSafeInteger(os["totalmem"]) ? { totalBytes: os["totalmem"] } : undefined,
    networks: Object.entries(record(os["networkInterfaces"])).map(([card, entries]) => {
      const addresses = list(entries).map(record);
      return {
        name: card,
        mac: addresses.map(({ mac }) => text(mac)).find((mac) => mac !== undefined && mac !== "00:00:00:00:00:00"),
        addresses: addresses.flatMap(({ address }) => text(address) ?? []).slice(0, 64),
      };
    }),
  };
  const facts: Record<string, unknown> = {};
  for (const [part, value] of Object.entries(parts)) {
    const plain: unknown = value === undefined ? undefined : JSON.parse(JSON.stringify(value));
    if (plain !== undefined && Facts.safeParse({ [part]: plain }).success) facts[part] = plain;
  }
  return Facts.parse(facts);
}

export function digestOf(facts: Facts): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, 1_024) : [];
}

/** PostgreSQL stores no NUL, and terminals obey control characters. */
function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.replace(/\p{Cc}/gu, "").slice(0, 1_024) : undefined;
}
