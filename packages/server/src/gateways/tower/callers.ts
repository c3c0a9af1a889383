/** Who asks at the tower's own listeners. Pure. */
import type { X509Certificate } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { roles, type Role } from "../../api/permissions.ts";

/** A certificate's name, and what it may do. */
export interface ClientRule {
  readonly role: Role;
  /** The CN. */
  readonly group: string;
  readonly place?: string;
}

export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Everybody at the listener without tokens is one. */
export function plainCaller(role: Role): Actor {
  return { name: "tower", role, permissions: new Set(roles[role]) };
}

/** Whose certificate this is; all rules of its name hold together. Throws `identity.forbidden` for a name without any. */
export function certificateCaller(certificate: Pick<X509Certificate, "subject">, rules: readonly ClientRule[]): Actor {
  const name = commonNameOf(certificate.subject);
  const own = rules.filter(({ group }) => group === name);
  const [first] = own;
  if (name === undefined || first === undefined) {
    throw new AtalayaError("identity.forbidden", "This certificate's name may do nothing here.", {
      next: "Name it in the setting ATALAYA_TOWER_CLIENTS.",
    });
  }
  const same = own.filter(({ role }) => role === first.role);
  const places = same.flatMap(({ place }) => (place === undefined ? [] : [place]));
  return {
    name: `certificate:${name}`,
    role: first.role,
    permissions: new Set(roles[first.role]),
    ...(places.length < same.length ? {} : { places }),
  };
}

/** Node prints a subject as lines of `CN=name`; a line break within a value is escaped there. */
export function commonNameOf(subject: string | undefined): string | undefined {
  const names = (subject ?? "").split("\n").flatMap((line) => (line.startsWith("CN=") ? [line.slice(3)] : []));
  return names.length === 1 ? names[0] : undefined;
}

export function callersOf(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
  };
}

/**
 * Browsers run pages of strangers, and a listener without tokens must not serve those: neither when they say where they
 * come from, nor when a stranger's name leads here (DNS rebinding), which shows in `Host`.
 */
export function checkNoPage(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  names: readonly string[],
): void {
  const site = headers["sec-fetch-site"];
  const host = String(headers["host"] ?? "")
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  const isKnown =
    isIP(host) !== 0 || host === "localhost" || host === "" || names.some((name) => name.toLowerCase() === host);
  if (headers["origin"] === undefined && (site === undefined || site === "none") && isKnown) return;
  throw new AtalayaError("identity.foreign-origin", "Pages of other servers are not served here.", {
    next: "Ask by address, or by a name of the setting ATALAYA_NAMES.",
  });
}
