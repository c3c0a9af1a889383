/** Settings that are addresses, networks and names of hosts. */
import { isIP, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { z } from "zod";
import { listOf } from "./values.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8443`, `[::1]:8443`, `tower.example.org:443`; several with commas. */
export const hostPorts = z.string().transform((text, context): readonly HostPort[] => {
  if (listOf(text).length === 0) context.addIssue("names no address");
  return hostPortsOf(text, context);
});

/** The same; empty: none. */
export const optionalHostPorts = z
  .string()
  .transform((text, context): readonly HostPort[] => hostPortsOf(text, context));

function hostPortsOf(text: string, context: z.RefinementCtx): readonly HostPort[] {
  const parsed = listOf(text).map((each) => [each, hostPort(each)] as const);
  for (const [each, problem] of parsed)
    if (typeof problem === "string") context.addIssue(`${JSON.stringify(each)} ${problem}`);
  if (new Set(parsed.map(([each]) => each)).size < parsed.length) context.addIssue("names an address twice");
  return parsed.flatMap(([, value]) => (typeof value === "string" ? [] : [value]));
}

/** Addresses and networks, as `127.0.0.0/8`. */
export const networks = z.string().transform((text, context): readonly Network[] =>
  listOf(text).flatMap((each) => {
    const [address = "", bits] = each.replace(/^\[(.*)\]$/, "$1").split("/");
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (family !== 0 && prefix >= 0 && prefix <= most)
      return [{ address, prefix, family: family === 4 ? ("ipv4" as const) : ("ipv6" as const) }];
    context.addIssue(`${JSON.stringify(each)} is no address and no network such as 10.0.0.0/8`);
    return [];
  }),
);

export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Host names and addresses, without ports. */
export const hostNames = z.string().transform((text, context): readonly string[] => {
  const names = listOf(text).map((name) => name.replace(/^\[(.*)\]$/, "$1"));
  for (const name of names)
    if (!isHost(name.replace(/^\*\./, ""))) context.addIssue(`${JSON.stringify(name)} is no host name and no address`);
  return names;
});

/** A domain, as `relay.example.org`; empty: none. */
export const domainName = z.string().transform((text, context): string | undefined => {
  if (text === "") return undefined;
  const domain = domainToASCII(text.toLowerCase());
  if (/^(?=.{1,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(domain))
    return domain;
  context.addIssue("is no domain such as `relay.example.org`");
  return z.NEVER;
});

/** Address of an identity provider; empty: none. */
export const issuer = z.string().transform((text, context): string | undefined => {
  if (text === "") return undefined;
  const url = URL.parse(text);
  const isLoopback = ["127.0.0.1", "[::1]", "localhost"].includes(url?.hostname ?? "");
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback)) return text;
  context.addIssue("is no address that begins with https://");
  return z.NEVER;
});

function hostPort(text: string): HostPort | string {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (match === null) return isIPv6(text.replace(/:\d+$/, "")) ? "needs brackets: [address]:port" : "is not host:port";
  const [, inBrackets, bare, digits] = match;
  const port = Number(digits);
  if (port > 65_535) return "has a port beyond 65535";
  if (inBrackets !== undefined)
    return isIPv6(inBrackets) ? { host: inBrackets, port } : "has no IPv6 address in its brackets";
  if (bare === "") return `names no host: write 0.0.0.0:${port} for all addresses`;
  return isHost(bare!) ? { host: bare!, port } : "has no host name and no address before its port";
}

function isHost(name: string): boolean {
  if (isIP(name) !== 0) return true;
  // Digits and dots alone are a mistyped address, not a name.
  if (/^[\d.]*$/.test(name) || name.length > 253) return false;
  return domainToASCII(name)
    .split(".")
    .every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i.test(label));
}
