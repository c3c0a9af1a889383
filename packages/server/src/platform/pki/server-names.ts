import type { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";

/** Names and addresses a server's certificate is good for: this machine's own ones, then the configured. */
export function serverNames(hostname: string, configured: readonly string[]): readonly string[] {
  const names = ["localhost", "127.0.0.1", "::1", hostname, ...configured].map(canonical);
  return [...new Set(names.filter((name) => name !== ""))];
}

/** Whether the certificate names exactly these. */
export function namesExactly(certificate: X509Certificate, names: readonly string[]): boolean {
  const named = new Set(
    (certificate.subjectAltName ?? "").split(", ").map((entry) => canonical(entry.replace(/^(DNS|IP Address):/, ""))),
  );
  return named.size === names.length && names.every((name) => named.has(name));
}

function canonical(name: string): string {
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  if (isIPv6(bare)) return new URL(`https://[${bare}]`).hostname.slice(1, -1);
  const wildcard = bare.startsWith("*.") ? "*." : "";
  const ascii = domainToASCII(bare.slice(wildcard.length).toLowerCase().replace(/\.$/, ""));
  return ascii === "" ? "" : wildcard + ascii;
}
